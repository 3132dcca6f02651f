"""Which documents resemble each other."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned


class LinkKind(StrEnum):
    """How two documents are related."""

    NEAR_DUPLICATE = "near_duplicate"
    REVISION = "revision"


class VersionSignature(Owned):
    """The MinHash signature of a version's text.

    `hashes` holds the minima as little-endian unsigned 32-bit integers, `shingles` is the
    number of distinct shingles, from which containment follows.
    """

    __tablename__ = "version_signatures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "version_id"], ["document_versions.tenant_id", "document_versions.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
        ForeignKeyConstraint(
            ["tenant_id", "collection_id"], ["collections.tenant_id", "collections.id"]
        ),
        Index(None, "tenant_id", "document_id"),
        Index(None, "tenant_id", "collection_id"),
    )

    version_id: Mapped[str] = mapped_column(Id, primary_key=True)
    document_id: Mapped[str] = mapped_column(Id)
    collection_id: Mapped[str] = mapped_column(Id)
    method: Mapped[str] = mapped_column(String(64))
    shingles: Mapped[int]
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class SignatureBand(Owned):
    """A band of a signature; versions that share one may resemble each other."""

    __tablename__ = "signature_bands"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "version_id"], ["document_versions.tenant_id", "document_versions.id"]
        ),
        Index(None, "tenant_id", "collection_id", "band", "hash"),
    )

    version_id: Mapped[str] = mapped_column(Id, primary_key=True)
    band: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    collection_id: Mapped[str] = mapped_column(Id)
    hash: Mapped[int] = mapped_column(BigInteger)


class DocumentLink(Owned):
    """Two documents that resemble each other; the newer one comes first.

    `jaccard` and `containment` (of the smaller in the larger) lie between 0 and 1.
    `decided_by` is `auto` or the subject of a person.
    """

    __tablename__ = "document_links"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "newer_id"], ["documents.tenant_id", "documents.id"]),
        ForeignKeyConstraint(["tenant_id", "older_id"], ["documents.tenant_id", "documents.id"]),
        Index(None, "tenant_id", "older_id"),
    )

    newer_id: Mapped[str] = mapped_column(Id, primary_key=True)
    older_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[LinkKind] = mapped_column(word(LinkKind))
    jaccard: Mapped[float]
    containment: Mapped[float]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
