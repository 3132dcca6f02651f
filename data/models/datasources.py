"""A team's own databases, and what of them may be read."""

from typing import Any

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id
from data.models.base import Owned


class Datasource(Owned):
    """A database that questions may be answered from.

    `url` is without its password, or names where the URL is (`env:NAME`, `file:PATH`).
    `sealed` is the whole URL, encrypted with the key of the home, where it has a password.
    `policy` says which tables and columns may be read; what it leaves out is hidden.
    """

    __tablename__ = "datasources"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    plugin: Mapped[str] = mapped_column(String(40))
    url: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str | None] = mapped_column(Text)
    policy: Mapped[dict[str, Any]]
    created_by: Mapped[str]
