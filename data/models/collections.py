"""Named sets of documents."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id
from data.models.base import Owned


class Collection(Owned):
    """A set of documents searched together; `live_index` names its vector index."""

    __tablename__ = "collections"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    live_index: Mapped[str | None]
    embedder: Mapped[str | None]
    sparse_encoder: Mapped[str | None]
