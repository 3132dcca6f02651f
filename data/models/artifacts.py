"""The objects in the object store, as the database knows them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned


class ArtifactKind(StrEnum):
    """The first part of an object's key.

    `raw`: the original bytes, never changed. `processed`: the text a parser made. `derived`:
    chunks and vectors, which can be made again. `logs`: reports.
    """

    RAW = "raw"
    PROCESSED = "processed"
    DERIVED = "derived"
    LOGS = "logs"


class StorageClass(StrEnum):
    """Where the bytes of an object are."""

    HOT = "hot"
    COLD = "cold"
    PURGED = "purged"


class FileArtifact(Owned):
    """One object of the object store, with where its bytes came from.

    `crawl_rules` is the version of the rules under which a source handed it over.
    """

    __tablename__ = "file_artifacts"
    __table_args__ = (
        UniqueConstraint("tenant_id", "object_key"),
        ForeignKeyConstraint(
            ["tenant_id", "version_id"], ["document_versions.tenant_id", "document_versions.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "source_id"], ["sources.tenant_id", "sources.id"]),
        Index(None, "tenant_id", "version_id"),
        Index(None, "tenant_id", "source_id"),
        Index(None, "tenant_id", "sha256"),
        Index(None, "kind", "storage_class", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    object_key: Mapped[str] = mapped_column(String(1024))
    kind: Mapped[ArtifactKind] = mapped_column(word(ArtifactKind))
    storage_class: Mapped[StorageClass] = mapped_column(
        word(StorageClass), default=StorageClass.HOT
    )
    version_id: Mapped[str | None] = mapped_column(Id)
    source_id: Mapped[str | None] = mapped_column(Id)
    source_uri: Mapped[str | None] = mapped_column(Text)
    licence: Mapped[str | None]
    crawl_rules: Mapped[str | None] = mapped_column(String(64))
    media_type: Mapped[str | None]
    sha256: Mapped[str] = mapped_column(String(64))
    bytes: Mapped[int] = mapped_column(BigInteger)
    fetched_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
