"""Named sets of documents."""

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, word
from data.models.base import Owned


class DuplicatePolicy(StrEnum):
    """What is done with a document that nearly is another one of its collection.

    `keep_all`: both are found, and linked. `skip`: the later one is not taken in.
    `keep_newest`: only the newest is found.
    """

    KEEP_ALL = "keep_all"
    SKIP = "skip"
    KEEP_NEWEST = "keep_newest"


class Collection(Owned):
    """A set of documents searched together; `live_index` names its vector index.

    The licence holds for the documents that neither they nor their source have one for.
    `guards` are policies of its own by rule family, and the topics that it is about.
    """

    __tablename__ = "collections"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        ForeignKeyConstraint(["tenant_id", "licence_id"], ["licences.tenant_id", "licences.id"]),
        Index(None, "tenant_id", "licence_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    live_index: Mapped[str | None]
    embedder: Mapped[str | None]
    sparse_encoder: Mapped[str | None]
    duplicate_policy: Mapped[DuplicatePolicy] = mapped_column(
        word(DuplicatePolicy),
        default=DuplicatePolicy.KEEP_ALL,
        server_default=text("'keep_all'"),
    )
    licence_id: Mapped[str | None] = mapped_column(Id)
    guards: Mapped[dict[str, Any] | None]


class CollectionGeneration(Owned):
    """How often what is found in a collection has changed; nothing else is on the row.

    It is a table of its own because it is written last in a transaction: on the collection's
    row, which others lock first, two transactions could wait for each other for ever.
    """

    __tablename__ = "collection_generations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "collection_id"], ["collections.tenant_id", "collections.id"]
        ),
    )

    collection_id: Mapped[str] = mapped_column(Id, primary_key=True)
    generation: Mapped[int] = mapped_column(default=1)
