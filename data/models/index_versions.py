"""The vector indexes of a collection, one of which is live."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned


class IndexState(StrEnum):
    """Where an index stands; at most one of a collection is live."""

    BUILDING = "building"
    READY = "ready"
    LIVE = "live"
    RETIRED = "retired"
    FAILED = "failed"


class IndexVersion(Owned):
    """An index and what made its chunks and vectors; `checks` is the report of its building."""

    __tablename__ = "index_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "collection_id", "name"),
        ForeignKeyConstraint(
            ["tenant_id", "collection_id"], ["collections.tenant_id", "collections.id"]
        ),
        ForeignKeyConstraint(["tenant_id", "job_id"], ["jobs.tenant_id", "jobs.id"]),
        Index(None, "tenant_id", "job_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    collection_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str]
    state: Mapped[IndexState] = mapped_column(word(IndexState), default=IndexState.BUILDING)
    parser: Mapped[str | None]
    chunker: Mapped[str | None]
    embedder: Mapped[str | None]
    sparse_encoder: Mapped[str | None]
    vectors: Mapped[int] = mapped_column(default=0)
    checks: Mapped[dict[str, Any] | None]
    message: Mapped[str | None] = mapped_column(Text)
    job_id: Mapped[str | None] = mapped_column(Id)
    created_by: Mapped[str] = mapped_column(String(255))
    activated_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
