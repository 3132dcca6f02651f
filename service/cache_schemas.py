"""What the service says of its caches."""

from providers.types import Status
from service.schemas import Shape


class CacheRead(Shape):
    """What one cache did since the process began.

    `stale` entries were found but no longer held, `broken` ones could not be read; both were
    removed. `failed` counts calls that did not work. `entries` is None where it is not known.
    """

    name: str
    enabled: bool
    hits: int
    misses: int
    stored: int
    stale: int
    broken: int
    failed: int
    entries: int | None = None


class CachesRead(Shape):
    """The caches and the provider behind them; `status` is the provider's."""

    plugin: str | None
    status: Status
    detail: str
    caches: list[CacheRead]


class CachesCleared(Shape):
    """What was forgotten: answers of so many collections, and questions kept by meaning."""

    collections: int
    questions: int
