"""Counts the changes of what is found in a collection, once a transaction and at its end.

Repositories note which documents and collections search will see differently; `count_changes`
writes that down as the last thing before the commit, so that its rows are locked for a moment
only and always after all others.
"""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from data.models import CollectionGeneration, Document

_KEY = "changes_of_collections"
_AT_ONCE = 500
"""Documents whose collections are asked for in one statement."""


@dataclass(slots=True)
class Changes:
    """What a transaction has changed for search so far, by id."""

    documents: set[str] = field(default_factory=set)
    collections: set[str] = field(default_factory=set)


def changes_of(session: AsyncSession) -> Changes:
    """Return what was noted in a session."""
    found: Changes = session.info.setdefault(_KEY, Changes())
    return found


async def count_changes(session: AsyncSession, tenant_id: str) -> None:
    """Give every collection that changed its next generation."""
    changes: Changes | None = session.info.pop(_KEY, None)
    if changes is None:
        return
    collections = changes.collections | await _collections_of(session, sorted(changes.documents))
    if not collections:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    rows = [{"tenant_id": tenant_id, "collection_id": id} for id in sorted(collections)]
    statement = dialect.insert(CollectionGeneration)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "collection_id"],
        set_={"generation": CollectionGeneration.generation + 1},
    )
    await session.execute(statement, rows)


async def _collections_of(session: AsyncSession, documents: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(documents), _AT_ONCE):
        query = select(Document.collection_id).where(
            Document.id.in_(documents[start : start + _AT_ONCE])
        )
        rows = await session.execute(query.distinct(), execution_options={"include_deleted": True})
        found.update(rows.scalars())
    return found
