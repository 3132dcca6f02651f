"""Where documents are fetched from, what was seen there, and each crawl."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned

URI_CHARS = 1024


class OnGone(StrEnum):
    """What becomes of a document when its source no longer has the item."""

    DELETE = "delete"
    KEEP = "keep"


class ItemState(StrEnum):
    """What became of an item's content when it last arrived, or why there is none."""

    INDEXED = "indexed"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    SKIPPED = "skipped"
    GONE = "gone"


class Source(Owned):
    """A place that documents come from; `options` are the plugin's and hold no secret.

    `schedule` is a cron expression in `timezone`; `window_start` and `window_end` (HH:MM)
    bound the time of day in which a crawl may work. `options` name secrets as `env:NAME` or
    `file:PATH`. A server that owns the source crawls it at each change when `watch` is set.
    """

    __tablename__ = "sources"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        ForeignKeyConstraint(
            ["tenant_id", "collection_id"], ["collections.tenant_id", "collections.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "vendor_id"], ["vendors.tenant_id", "vendors.id"]),
        ForeignKeyConstraint(["tenant_id", "licence_id"], ["licences.tenant_id", "licences.id"]),
        ForeignKeyConstraint(["tenant_id", "product_id"], ["products.tenant_id", "products.id"]),
        Index(None, "tenant_id", "collection_id"),
        Index(None, "tenant_id", "vendor_id"),
        Index(None, "tenant_id", "licence_id"),
        Index(None, "tenant_id", "product_id"),
        Index(None, "next_crawl_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    plugin: Mapped[str] = mapped_column(String(40))
    options: Mapped[dict[str, Any]]
    rules_version: Mapped[str | None] = mapped_column(String(64))
    collection_id: Mapped[str] = mapped_column(Id)
    vendor_id: Mapped[str | None] = mapped_column(Id)
    licence_id: Mapped[str | None] = mapped_column(Id)
    product_id: Mapped[str | None] = mapped_column(Id)
    is_public: Mapped[bool] = mapped_column(default=False)
    schedule: Mapped[str | None]
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    window_start: Mapped[str | None] = mapped_column(String(5))
    window_end: Mapped[str | None] = mapped_column(String(5))
    on_gone: Mapped[OnGone] = mapped_column(
        word(OnGone), default=OnGone.DELETE, server_default=text("'delete'")
    )
    watch: Mapped[bool] = mapped_column(default=False, server_default=false())
    enabled: Mapped[bool] = mapped_column(default=True)
    created_by: Mapped[str]
    last_crawl_at: Mapped[datetime | None]
    next_crawl_at: Mapped[datetime | None]


class SourceItem(Owned):
    """A file that a source has, or had, and what was known of it when it last arrived.

    `name` is the document's source within its collection. `etag`, `last_modified`, `bytes`,
    `sha256` and `attributes` go back to the plugin at the next crawl; without them the item is
    looked at anew. `reason` and `message` tell of the last look when it went wrong.
    """

    __tablename__ = "source_items"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"]),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
        Index(None, "tenant_id", "document_id"),
        Index(None, "tenant_id", "source_id", "name"),
    )

    source_id: Mapped[str] = mapped_column(Id, primary_key=True)
    uri: Mapped[str] = mapped_column(String(URI_CHARS), primary_key=True)
    name: Mapped[str | None] = mapped_column(String(URI_CHARS))
    document_id: Mapped[str | None] = mapped_column(Id)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    attributes: Mapped[dict[str, Any] | None]
    state: Mapped[ItemState] = mapped_column(word(ItemState))
    reason: Mapped[str | None] = mapped_column(String(40))
    message: Mapped[str | None] = mapped_column(Text)
    seen_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]


class CrawlJob(Owned):
    """One visit to a source; the job of the same id in `jobs` does the work.

    `reasons` counts within each outcome: what proved that items are unchanged, what became
    of those that were fetched, why others were left out or failed.
    """

    __tablename__ = "crawl_jobs"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"]),
        ForeignKeyConstraint(["tenant_id", "job_id"], ["jobs.tenant_id", "jobs.id"]),
        Index(None, "tenant_id", "source_id", "created_at"),
    )

    job_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source_id: Mapped[str] = mapped_column(Id)
    rules_version: Mapped[str | None] = mapped_column(String(64))
    trigger: Mapped[str] = mapped_column(String(20))
    fetched: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    bytes_fetched: Mapped[int] = mapped_column(BigInteger, default=0)
    reasons: Mapped[dict[str, Any]]
    finished_at: Mapped[datetime | None]
