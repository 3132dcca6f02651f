"""Documents and their versions."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from data.columns import Id, now, word
from data.models.base import Owned
from data.models.collections import Collection
from data.models.provenance import Product

SOURCE_CHARS = 1024


class DocumentStatus(StrEnum):
    """Where a document stands; the same words as the service's."""

    PENDING = "pending"
    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class VersionStatus(StrEnum):
    """Where a version stands; at most one version of a document is published."""

    PENDING = "pending"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class Review(StrEnum):
    """What became of a version in quarantine."""

    RELEASED = "released"
    REPLACED = "replaced"
    DROPPED = "dropped"


class Document(Owned):
    """A source in a collection, and a summary of its newest version.

    `version` is the number of the version that arrived last, `current_version` of the one
    that search finds (None when there is none). `bytes` is the size of the file.

    Search leaves it out when `quotable` is false, after `quotable_until`, and when
    `superseded_by` names the document that replaced it; a caller of the public sees it only
    when `is_public` is set. `quotable`, `quotable_until` and `attribution` follow from its
    licence and the exclusions. A deleted one is purged after `purge_after`.
    """

    __tablename__ = "documents"
    __table_args__ = (
        UniqueConstraint("tenant_id", "collection_id", "source"),
        ForeignKeyConstraint(
            ["tenant_id", "collection_id"], ["collections.tenant_id", "collections.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"]),
        ForeignKeyConstraint(["tenant_id", "product_id"], ["products.tenant_id", "products.id"]),
        Index(None, "tenant_id", "created_at"),
        Index(None, "tenant_id", "source_id"),
        Index(None, "tenant_id", "product_id", "is_public", "created_at"),
        Index(None, "purge_after"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    collection_id: Mapped[str] = mapped_column(Id)
    source: Mapped[str] = mapped_column(String(SOURCE_CHARS))
    title: Mapped[str | None] = mapped_column(Text)
    status: Mapped[DocumentStatus] = mapped_column(
        word(DocumentStatus), default=DocumentStatus.PENDING
    )
    reason: Mapped[str | None]
    message: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=0)
    current_version: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger, default=0)
    media_type: Mapped[str | None]
    language: Mapped[str | None] = mapped_column(String(16))
    page_count: Mapped[int | None]
    chunk_count: Mapped[int] = mapped_column(default=0)
    source_id: Mapped[str | None] = mapped_column(Id)
    source_uri: Mapped[str | None] = mapped_column(Text)
    product_id: Mapped[str | None] = mapped_column(Id)
    is_public: Mapped[bool] = mapped_column(default=False, server_default=false())
    quotable: Mapped[bool] = mapped_column(default=True, server_default=true())
    quotable_until: Mapped[datetime | None]
    attribution: Mapped[str | None] = mapped_column(Text)
    superseded_by: Mapped[str | None] = mapped_column(Id)
    purge_after: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)

    collection: Mapped[Collection] = relationship(viewonly=True, lazy="joined", innerjoin=True)
    product: Mapped[Product | None] = relationship(viewonly=True, lazy="joined")


class DocumentVersion(Owned):
    """The bytes of a document at one time, identified by their hash.

    `stated_version` and `stated_date` are what the text says of itself. `review` is what a
    person decided about a version in quarantine. While an index is built beside the live one
    a version may have chunks of two kinds; those that are read have its `parser` and `chunker`.
    `text_sha256` is of the parsed text with its pages and headings: other bytes that say the
    same have the same.
    """

    __tablename__ = "document_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "document_id", "number"),
        Index(
            "uq_document_versions_live_sha256",
            "tenant_id",
            "document_id",
            "sha256",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "uq_document_versions_published",
            "tenant_id",
            "document_id",
            unique=True,
            sqlite_where=text("status = 'published'"),
            postgresql_where=text("status = 'published'"),
        ),
        Index(None, "tenant_id", "sha256"),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    document_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    media_type: Mapped[str | None]
    parser: Mapped[str | None]
    chunker: Mapped[str | None]
    title: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(16))
    page_count: Mapped[int | None]
    chunk_count: Mapped[int] = mapped_column(default=0)
    status: Mapped[VersionStatus] = mapped_column(
        word(VersionStatus), default=VersionStatus.PENDING
    )
    reason: Mapped[str | None]
    message: Mapped[str | None] = mapped_column(Text)
    object_key: Mapped[str | None] = mapped_column(String(SOURCE_CHARS))
    text_key: Mapped[str | None] = mapped_column(String(SOURCE_CHARS))
    text_sha256: Mapped[str | None] = mapped_column(String(64))
    published_at: Mapped[datetime | None]
    stated_version: Mapped[str | None] = mapped_column(String(64))
    stated_date: Mapped[datetime | None]
    review: Mapped[Review | None] = mapped_column(word(Review))
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
