"""The parts of a version that search finds and pages show."""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id
from data.models.base import Owned


class Section(Owned):
    """A heading of a version; `start` is its offset in the normalised text."""

    __tablename__ = "sections"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "version_id"], ["document_versions.tenant_id", "document_versions.id"]
        ),
    )

    version_id: Mapped[str] = mapped_column(Id, primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    path: Mapped[list[str]]
    page: Mapped[int | None]
    start: Mapped[int]


class Chunk(Owned):
    """A passage of a version; `id` is also the id of its vector.

    Equal text keeps its id from version to version, so the key is the id and the version.
    """

    __tablename__ = "chunks"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "version_id"], ["document_versions.tenant_id", "document_versions.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "document_id"], ["documents.tenant_id", "documents.id"]),
        Index(None, "tenant_id", "version_id", "ordinal"),
        Index(None, "tenant_id", "document_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(Id, primary_key=True)
    document_id: Mapped[str] = mapped_column(Id)
    ordinal: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    heading_path: Mapped[list[str]]
    page_start: Mapped[int | None]
    page_end: Mapped[int | None]
    char_start: Mapped[int]
    char_end: Mapped[int]
    page_spans: Mapped[list[dict[str, Any]]]
    token_count: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    language: Mapped[str | None] = mapped_column(String(16))
    parser: Mapped[str]
    chunker: Mapped[str]
    embedder: Mapped[str | None]
