"""The one place where a statement gets its tenant.

A `TenantSession` adds two conditions to every SELECT, UPDATE and DELETE over a tenant's
tables: the row belongs to the session's tenant, and it is not deleted. A repository cannot
leave the first out; it lifts the second with the execution option `include_deleted`.
Rows that are added get the session's tenant, and a row of another one is refused.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Dialect,
    Engine,
    Executable,
    FromClause,
    Join,
    Result,
    Select,
    Table,
    bindparam,
    event,
)
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql import visitors

from data.errors import DatabaseReadOnlyError, ScopeError
from data.models import Owned, Tenant
from data.prepared import Prepared
from data.reading import ReadSession
from data.writing import WriteSession

INCLUDE_DELETED = {"include_deleted": True}
"""Execution options of a statement that also sees soft-deleted rows."""


_TENANT_PARAMETER = "session_tenant_id"
_ALIVE = with_loader_criteria(Owned, lambda cls: cls.deleted_at.is_(None), include_aliases=True)


class TenantSession(Session):
    """A session that cannot see or change the rows of more than one tenant."""


def open_session(engine: AsyncEngine, tenant_id: str, *, read_only: bool = False) -> AsyncSession:
    """Return a session bound to one tenant; nothing is read before its first statement."""
    info = {"tenant_id": tenant_id, "read_only": read_only}
    return AsyncSession(engine, sync_session_class=TenantSession, expire_on_commit=False, info=info)


def open_reading(engine: Engine, tenant_id: str) -> ReadSession:
    """Return a session bound to one tenant that only reads."""
    return ReadSession(engine, TenantSession, {"tenant_id": tenant_id, "read_only": True})


def open_writing(engine: Engine, tenant_id: str) -> WriteSession:
    """Return a session bound to one tenant for a transaction in one visit to a thread."""
    return WriteSession(engine, TenantSession, {"tenant_id": tenant_id, "read_only": False})


def fetch(
    engine: Engine, tenant_id: str, query: Select[*tuple[Any, ...]], values: Mapping[str, Any]
) -> list[list[Any]]:
    """Run one SELECT over bare tables for a tenant, past sessions and transactions.

    A single statement sees one state of the database without them. Build the statement once,
    at the top of a module.
    """
    prepared = _prepare(query, engine.dialect)
    connection = engine.raw_connection()
    try:
        return prepared.fetch(
            connection.driver_connection, {**values, _TENANT_PARAMETER: tenant_id}
        )
    finally:
        connection.close()


@lru_cache(maxsize=64)
def _prepare(query: Select[*tuple[Any, ...]], dialect: Dialect) -> Prepared:
    """Scope and compile a SELECT over bare tables, once for all its runs."""
    return Prepared(_scope_tables(query), dialect)


@event.listens_for(TenantSession, "do_orm_execute")
def _scope_statement(state: ORMExecuteState) -> Result[*tuple[Any, ...]] | None:
    info = state.session.info
    if not state.is_orm_statement:
        scoped = _scope_tables(state.statement)
        state.parameters = state.parameters or {}
        return state.invoke_statement(
            statement=scoped, params={_TENANT_PARAMETER: info["tenant_id"]}
        )
    if info["read_only"] and not state.is_select:
        raise DatabaseReadOnlyError("a read-only transaction was asked to write")
    if state.is_insert:
        _check_insert(state)
        return None
    options = [_own(info["tenant_id"])]
    if not state.execution_options.get("include_deleted"):
        options.append(_ALIVE)
    state.statement = state.statement.options(*options)
    return None


@lru_cache(maxsize=256)
def _own(tenant_id: str) -> LoaderCriteriaOption:
    return with_loader_criteria(Owned, lambda cls: cls.tenant_id == tenant_id, include_aliases=True)


@lru_cache(maxsize=64)
def _scope_tables(statement: Executable) -> Select[*tuple[Any, ...]]:
    """Return a SELECT over bare tables with the two conditions on each of them.

    It costs less than one over models, and is scoped once for all its runs: build such a
    statement once, at the top of a module.

    Raises:
        ScopeError: It is no SELECT, or reaches a table other than by plain joins.
    """
    if not isinstance(statement, Select):
        raise ScopeError("a tenant's session takes statements over models, or a SELECT of tables")
    joined = {part for source in statement.get_final_froms() for part in _tables_of(source)}
    if not joined or joined != {part for part in visitors.iterate(statement) if _is_source(part)}:
        raise ScopeError("a SELECT of tables is scoped only when it joins them plainly")
    for table in sorted(joined, key=lambda part: part.name):
        own = table.c.tenant_id == bindparam(_TENANT_PARAMETER, type_=table.c.tenant_id.type)
        statement = statement.where(own, table.c.deleted_at.is_(None))
    return statement


def _tables_of(source: FromClause) -> list[Table]:
    if isinstance(source, Join) and not source.isouter and not source.full:
        return [*_tables_of(source.left), *_tables_of(source.right)]
    if isinstance(source, Table) and "tenant_id" in source.c:
        return [source]
    raise ScopeError(f"a SELECT of tables cannot be scoped over {source!r}")


def _is_source(part: Any) -> bool:
    return isinstance(part, FromClause) and not isinstance(part, Join)


def _check_insert(state: ORMExecuteState) -> None:
    mapper = state.bind_mapper
    key = "id" if mapper is not None and mapper.class_ is Tenant else "tenant_id"
    given = state.parameters
    rows = [given] if isinstance(given, Mapping) else list(given or ())
    if not rows or any(row.get(key) != state.session.info["tenant_id"] for row in rows):
        raise ScopeError("an insert must carry the session's tenant in every row")


@event.listens_for(TenantSession, "before_flush")
def _scope_flush(session: Session, context: UOWTransaction, instances: Any) -> None:
    tenant_id = session.info["tenant_id"]
    touched = [*session.new, *session.dirty, *session.deleted]
    if touched and session.info["read_only"]:
        raise DatabaseReadOnlyError("a read-only transaction was asked to write")
    for row in touched:
        if not isinstance(row, Owned):
            raise ScopeError(f"a tenant's session cannot write {type(row).__name__}")
        if row.tenant_id is None and row in session.new:
            row.tenant_id = tenant_id
        if row.tenant_id != tenant_id:
            raise ScopeError("a row of another tenant cannot be written")
