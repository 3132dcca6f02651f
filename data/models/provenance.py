"""Where documents come from, what they belong to, and what may be done with them."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned


class Use(StrEnum):
    """What a licence may allow.

    `index`: search may find the document. `quote`: an answer may show its text. `original`:
    the file itself may be handed out. `train`: models may learn from it.
    """

    INDEX = "index"
    QUOTE = "quote"
    ORIGINAL = "original"
    TRAIN = "train"


class ExclusionKind(StrEnum):
    """What an exclusion is compared with; all but `sha256` are shell patterns."""

    SOURCE = "source"
    URI = "uri"
    SHA256 = "sha256"
    VENDOR = "vendor"
    LICENCE = "licence"


class Vendor(Owned):
    """A company that documents come from."""

    __tablename__ = "vendors"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    website: Mapped[str | None]


class Product(Owned):
    """What a manual is about; `sku` is the name that the tenant's other systems use."""

    __tablename__ = "products"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sku"),
        ForeignKeyConstraint(["tenant_id", "vendor_id"], ["vendors.tenant_id", "vendors.id"]),
        Index(None, "tenant_id", "vendor_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    sku: Mapped[str]
    name: Mapped[str | None] = mapped_column(Text)
    vendor_id: Mapped[str | None] = mapped_column(Id)


class Licence(Owned):
    """Terms that many documents share; `allowed_uses` holds words of `Use`."""

    __tablename__ = "licences"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    url: Mapped[str | None] = mapped_column(Text)
    allowed_uses: Mapped[list[str]]
    attribution: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None]


class DocumentLicence(Owned):
    """The manifest of one document: the terms that hold for it, and who said so.

    `origin` is `document`, `item`, `source` or `collection`, the most specific wins.
    """

    __tablename__ = "document_licences"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
        ForeignKeyConstraint(["tenant_id", "licence_id"], ["licences.tenant_id", "licences.id"]),
        Index(None, "tenant_id", "licence_id"),
    )

    document_id: Mapped[str] = mapped_column(Id, primary_key=True)
    licence_id: Mapped[str] = mapped_column(Id)
    allowed_uses: Mapped[list[str]]
    attribution: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None]
    origin: Mapped[str] = mapped_column(String(20))
    set_by: Mapped[str]


class Exclusion(Owned):
    """Something that is never taken in and never answered from."""

    __tablename__ = "exclusions"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "pattern"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[ExclusionKind] = mapped_column(word(ExclusionKind))
    pattern: Mapped[str] = mapped_column(String(1024))
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str]
