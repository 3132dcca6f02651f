"""What the service says of sources, vendors and products."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from data.models import ItemState, OnGone
from service.schemas import CollectionName, Request, Shape

SourceName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]
TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["22:00"])]
Schedule = Annotated[str, Field(max_length=255, examples=["0 3 * * mon-fri"])]
TimeZone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]
Options = Annotated[
    dict[str, Any],
    Field(description="The plugin's options; a secret is named as env:NAME or file:PATH."),
]


class SourceSpec(Request):
    """What a source is to be.

    `schedule` is a cron expression in `timezone`; between `window_start` and `window_end` a
    crawl may work. `on_gone` says what becomes of a document whose item is gone.
    """

    plugin: str = Field(max_length=40, examples=["web"])
    options: Options = Field(default_factory=dict)
    collection: CollectionName = "default"
    vendor: Name | None = None
    product: Name | None = Field(default=None, description="The product's sku.")
    licence: Name | None = None
    is_public: bool = False
    schedule: Schedule | None = None
    timezone: TimeZone = "UTC"
    window_start: TimeOfDay | None = None
    window_end: TimeOfDay | None = None
    on_gone: OnGone = OnGone.DELETE
    watch: bool = False
    enabled: bool = True


class NewSource(SourceSpec):
    """A source with its name."""

    name: SourceName


class SourceChange(Request):
    """What is to change of a source; what is left out stays.

    `options` is merged into the options that there are, and null removes one.
    """

    options: Options | None = None
    vendor: Name | None = None
    product: Name | None = None
    licence: Name | None = None
    is_public: bool | None = None
    schedule: Schedule | None = None
    timezone: TimeZone | None = None
    window_start: TimeOfDay | None = None
    window_end: TimeOfDay | None = None
    on_gone: OnGone | None = None
    watch: bool | None = None
    enabled: bool | None = None


class SourceRead(Shape):
    """A source; `items` counts what it has by state where one source is shown."""

    source_id: str
    name: str
    plugin: str
    options: dict[str, Any]
    rules_version: str | None
    collection: str
    vendor: str | None
    product: str | None
    licence: str | None
    is_public: bool
    schedule: str | None
    timezone: str
    window_start: str | None
    window_end: str | None
    on_gone: OnGone
    watch: bool
    enabled: bool
    created_by: str
    created_at: datetime
    last_crawl_at: datetime | None
    next_crawl_at: datetime | None
    items: dict[str, int] | None = None


class SourcePut(Shape):
    """What became of a source that was declared."""

    outcome: Literal["created", "updated", "unchanged"]
    source: SourceRead


class SourceList(Shape):
    """All sources, by name."""

    sources: list[SourceRead]


class ItemRead(Shape):
    """A file that a source has, or had; `reason` and `message` tell of a look that went wrong."""

    uri: str
    name: str | None
    state: ItemState
    reason: str | None
    message: str | None
    document_id: str | None
    bytes: int | None
    sha256: str | None
    etag: str | None
    last_modified: str | None
    seen_at: datetime
    changed_at: datetime | None


class ItemPage(Shape):
    """Some items by URI; `next` is where the next page begins, null at the end."""

    items: list[ItemRead]
    next: str | None


class CrawlRead(Shape):
    """A crawl: how many items had which outcome, and within each, why."""

    job_id: str
    source: str
    trigger: str
    rules_version: str | None
    fetched: int
    unchanged: int
    gone: int
    skipped: int
    failed: int
    bytes_fetched: int
    reasons: dict[str, dict[str, int]]
    created_at: datetime
    finished_at: datetime | None


class CrawlHistory(Shape):
    """The newest crawls first."""

    crawls: list[CrawlRead]


class CrawlReport(CrawlRead):
    """The result of a crawl's job; `paused` when its window closed before the end.

    `seconds` is wall time of the last attempt.
    """

    paused: bool
    seconds: float


class CrawlRequest(Request):
    """How to crawl."""

    ignore_window: bool = False


class Removed(Shape):
    """A source that was removed, and how many of its documents were deleted with it."""

    name: str
    documents_deleted: int


class UploadUrlRequest(Request):
    """What a partner wants to bring; sizes in MiB, times in seconds."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    max_mb: float | None = Field(default=None, gt=0, le=1_000_000)
    expires_s: float | None = Field(default=None, gt=0, le=10_000_000)


class UploadUrl(Shape):
    """Where one file can be sent once, with `method` and no credential."""

    path: str
    method: Literal["PUT"] = "PUT"
    name: str


class Notice(Request):
    """What a partner says of a document instead of sending it.

    `url` is fetched under the rules of the web source that covers it. With `gone` the file that
    was pushed under `name` is withdrawn.
    """

    url: str | None = Field(default=None, max_length=1024)
    name: str | None = Field(default=None, max_length=500)
    gone: bool = False


class VendorSpec(Request):
    """A company that documents come from."""

    name: Name
    website: str | None = Field(default=None, max_length=255, pattern=r"^https?://[^\x00-\x20]+$")


class VendorRead(Shape):
    """A company that documents come from."""

    vendor_id: str
    name: str
    website: str | None


class ProductSpec(Request):
    """What a manual is about; `sku` is the name that other systems use."""

    sku: Name
    name: Name | None = None
    vendor: Name | None = None


class ProductRead(Shape):
    """What a manual is about."""

    product_id: str
    sku: str
    name: str | None
    vendor: str | None


class Declared(Request):
    """A file that declares sources, with the vendors and products that they name."""

    vendors: list[VendorSpec] = Field(default_factory=list)
    products: list[ProductSpec] = Field(default_factory=list)
    sources: list[NewSource] = Field(default_factory=list)
