"""The one place where a statement gets its tenant.

A `TenantSession` adds two conditions to every SELECT, UPDATE and DELETE over a tenant's
tables: the row belongs to the session's tenant, and it is not deleted. A repository cannot
leave the first out; it lifts the second with the execution option `include_deleted`.
Rows that are added get the session's tenant, and a row of another one is refused.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction, with_loader_criteria

from data.errors import DatabaseReadOnlyError, ScopeError
from data.models import Owned, Tenant

INCLUDE_DELETED = {"include_deleted": True}
"""Execution options of a statement that also sees soft-deleted rows."""


class TenantSession(Session):
    """A session that cannot see or change the rows of more than one tenant."""


def open_session(engine: AsyncEngine, tenant_id: str, *, read_only: bool = False) -> AsyncSession:
    """Return a session bound to one tenant; nothing is read before its first statement."""
    return AsyncSession(
        engine,
        sync_session_class=TenantSession,
        expire_on_commit=False,
        info={
            "tenant_id": tenant_id,
            "read_only": read_only,
            "own": with_loader_criteria(
                Owned, lambda cls: cls.tenant_id == tenant_id, include_aliases=True
            ),
            "alive": with_loader_criteria(
                Owned, lambda cls: cls.deleted_at.is_(None), include_aliases=True
            ),
        },
    )


@event.listens_for(TenantSession, "do_orm_execute")
def _scope_statement(state: ORMExecuteState) -> None:
    info = state.session.info
    if not state.is_orm_statement:
        raise ScopeError("a tenant's session takes statements over models only")
    if info["read_only"] and not state.is_select:
        raise DatabaseReadOnlyError("a read-only transaction was asked to write")
    if state.is_insert:
        _check_insert(state)
        return
    options = [info["own"]]
    if not state.execution_options.get("include_deleted"):
        options.append(info["alive"])
    state.statement = state.statement.options(*options)


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
