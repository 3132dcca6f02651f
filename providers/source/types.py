"""What a crawl is told and what it hands back, one arrival an item."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What the service kept of an item's last arrival, so that it need not be read again.

    All empty means: look at the item again (it failed last time, say). `sha256` is of the
    last bytes, in hexadecimal; `size` is their number. `attributes` are those of the last
    `Fetched`, unchanged.
    """

    etag: str | None = None
    last_modified: str | None = None
    size: int | None = None
    sha256: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = Validators()


class UnchangedBy(StrEnum):
    """What proved that an item is as it was, cheapest first."""

    STAT = "stat"
    ETAG = "etag"
    LAST_MODIFIED = "last_modified"
    SHA256 = "sha256"


class SkipReason(StrEnum):
    """Why an item was left out on purpose; the list is fixed so that people can filter by it."""

    ROBOTS = "robots"
    NOAI = "noai"
    NOINDEX = "noindex"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    PRIVATE_ADDRESS = "private_address"
    REDIRECT_LIMIT = "redirect_limit"
    DEPTH = "depth"
    TRAP = "trap"
    LIMIT = "limit"
    OUTSIDE = "outside"
    DUPLICATE_URL = "duplicate_url"

    @property
    def withdraws(self) -> bool:
        """Whether an item that was taken before must go, since its owner or ours forbids it."""
        return self in _WITHDRAWING


_WITHDRAWING = frozenset(
    {SkipReason.ROBOTS, SkipReason.NOAI, SkipReason.NOINDEX, SkipReason.OUTSIDE}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An item that is new or changed; its bytes are the file `path`, which the caller removes.

    `uri` identifies the item from crawl to crawl, `final_uri` is where redirects led. `name`
    is a safe relative path for people to read. `size` is in bytes. `last_modified` is as the
    source writes it. `attributes` come back in `Validators`.
    """

    uri: str
    name: str
    path: Path
    media_type: str
    size: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    final_uri: str | None = None
    licence: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def modified_at(self) -> datetime | None:
        """The moment in `last_modified`, in UTC; None when there is none that can be read."""
        return read_moment(self.last_modified)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchanged:
    """An item that is as it was; `etag` and `last_modified` are set when they have changed."""

    uri: str
    by: UnchangedBy
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """An item that the source no longer has."""

    uri: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """An item that was left out on purpose."""

    uri: str
    reason: SkipReason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """An item that could not be read; `transient` when another crawl may succeed.

    `retry_after_s` is what the source asked for, in seconds.
    """

    uri: str
    transient: bool
    message: str
    retry_after_s: float | None = None


Arrival = Fetched | Unchanged | Gone | Skipped | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadGrant:
    """What the bearer of an upload token may do: bring one file, of at most `max_bytes`."""

    name: str
    max_bytes: int


def read_moment(text: str | None) -> datetime | None:
    """Read an HTTP date or ISO 8601; a moment without a zone is taken for UTC."""
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(text)
        except (ValueError, IndexError):
            continue
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    return None
