"""Named sets of documents."""

from enum import StrEnum

from sqlalchemy import UniqueConstraint, text
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
    """A set of documents searched together; `live_index` names its vector index."""

    __tablename__ = "collections"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

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
