"""What every repository is given and how it asks."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import CursorResult, Delete, Select, Update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from data.generations import changes_of
from data.models import Base, Owned
from data.scope import INCLUDE_DELETED
from providers.principal import Principal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Insert = postgresql.Insert | sqlite.Insert
M = TypeVar("M", bound=Base)

_FRESH = {"populate_existing": True}
_FRESH_WITH_DELETED = {**_FRESH, **INCLUDE_DELETED}


def new_id() -> str:
    """Return a random id."""
    return str(uuid.uuid4())


def insert_into(session: AsyncSession, model: type[Base]) -> Insert:
    """Return an INSERT of the session's dialect, which can ignore rows that exist."""
    return insert_of(session.get_bind().dialect.name, model)


def insert_of(dialect: str, model: type[Base]) -> Insert:
    """Return an INSERT of a dialect, which can ignore rows that exist."""
    return postgresql.insert(model) if dialect == "postgresql" else sqlite.insert(model)


def row_of(value: "DataclassInstance") -> dict[str, Any]:
    """Return the fields of a value as they are; `asdict` would copy all that they hold."""
    return {each.name: getattr(value, each.name) for each in fields(value)}


class Repository:
    """Queries over one kind of row on behalf of one principal.

    The session adds the tenant to every statement (see `data.scope`), so no method here or
    below mentions it; soft-deleted rows are left out unless a method asks for them.
    """

    def __init__(self, session: AsyncSession, principal: Principal) -> None:
        self._session = session
        self._principal = principal

    async def _one(
        self, query: Select[M], values: Mapping[str, Any] | None = None, *, deleted: bool = False
    ) -> M | None:
        """Return the row that a query finds; `values` are those of its parameters."""
        options = _FRESH_WITH_DELETED if deleted else _FRESH
        result = await self._session.execute(query, values, execution_options=options)
        return result.scalar_one_or_none()

    async def _all(
        self, query: Select[M], values: Mapping[str, Any] | None = None, *, deleted: bool = False
    ) -> list[M]:
        """Return the rows that a query finds; `values` are those of its parameters."""
        options = _FRESH_WITH_DELETED if deleted else _FRESH
        result = await self._session.execute(query, values, execution_options=options)
        return list(result.scalars())

    async def _change(self, statement: Update | Delete, *, deleted: bool = False) -> int:
        """Run an UPDATE or DELETE and return the number of rows it changed."""
        options: dict[str, Any] = {"synchronize_session": False}
        if deleted:
            options |= INCLUDE_DELETED
        result = await self._session.execute(statement, execution_options=options)
        return result.rowcount if isinstance(result, CursorResult) else 0

    def _finds_other(
        self, *, documents: Sequence[str] = (), collections: Sequence[str] = ()
    ) -> None:
        """Note that search will find something else of these (see `data.generations`)."""
        changes_of(self._session).documents.update(documents)
        changes_of(self._session).collections.update(collections)

    async def _add(self, row: Owned) -> None:
        row.tenant_id = self._principal.tenant_id
        self._session.add(row)
        await self._session.flush()

    async def _insert(
        self, model: type[Owned], rows: Sequence[Mapping[str, Any]], *, ignore: bool = False
    ) -> None:
        """Insert many rows in one statement; `ignore` keeps rows that exist already."""
        if not rows:
            return
        statement = insert_into(self._session, model)
        if ignore:
            statement = statement.on_conflict_do_nothing()
        tenant = {"tenant_id": self._principal.tenant_id}
        await self._session.execute(statement, [{**row, **tenant} for row in rows])
