"""Where the items of sources are kept: what was seen there, and what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from data.columns import now
from data.models import ItemState, SourceItem
from data.repositories.base import Repository, insert_into

_HELD = (ItemState.INDEXED, ItemState.DUPLICATE)
"""States of items whose content answers; a look that fails does not change them."""
_FORGOTTEN = {"etag": None, "last_modified": None, "bytes": None, "sha256": None}


class SourceItemRepository(Repository):
    """The items of the sources of a tenant."""

    async def page(
        self,
        source_id: str,
        *,
        after: str = "",
        limit: int = 100,
        state: ItemState | None = None,
        reason: str | None = None,
    ) -> Sequence[SourceItem]:
        """Return items in the order of their URIs, behind the URI `after`."""
        query = select(SourceItem).where(SourceItem.source_id == source_id, SourceItem.uri > after)
        if state is not None:
            query = query.where(SourceItem.state == state)
        if reason is not None:
            query = query.where(SourceItem.reason == reason)
        return await self._all(query.order_by(SourceItem.uri).limit(limit))

    async def of(self, source_id: str, uris: Sequence[str]) -> dict[str, SourceItem]:
        """Return those of the items that are known, by URI."""
        query = select(SourceItem).where(
            SourceItem.source_id == source_id, SourceItem.uri.in_(uris)
        )
        return {row.uri: row for row in await self._all(query)}

    async def name_taken(self, source_id: str, name: str, uri: str) -> bool:
        """Tell whether another item of the source goes by that name."""
        query = select(SourceItem.uri).where(
            SourceItem.source_id == source_id, SourceItem.name == name, SourceItem.uri != uri
        )
        return (await self._session.execute(query.limit(1))).first() is not None

    async def counts(self, source_id: str) -> dict[str, int]:
        """Count the items of a source by state."""
        query = (
            select(SourceItem.state, func.count())
            .where(SourceItem.source_id == source_id)
            .group_by(SourceItem.state)
        )
        rows = await self._session.execute(query)
        return {state.value: count for state, count in rows}

    async def put(self, source_id: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write items down; each row has the columns that change, `uri` and `state` among them."""
        for row in rows:
            full = {"source_id": source_id, "deleted_at": None, "seen_at": now(), **row}
            values = {**full, "tenant_id": self._principal.tenant_id}
            statement = insert_into(self._session, SourceItem).values(values)
            key = ["tenant_id", "source_id", "uri"]
            changed = {name: value for name, value in full.items() if name not in key}
            await self._session.execute(
                statement.on_conflict_do_update(index_elements=key, set_=changed), values
            )

    async def seen(self, source_id: str, uris: Sequence[str]) -> None:
        """Note that items are as they were; what a failed look left behind is forgotten."""
        fits = (SourceItem.source_id == source_id, SourceItem.uri.in_(uris))
        await self._change(update(SourceItem).where(*fits).values(seen_at=now()))
        cleared = update(SourceItem).where(*fits, SourceItem.state.in_(_HELD))
        await self._change(cleared.values(reason=None, message=None))

    async def revalidate(
        self, source_id: str, uri: str, *, etag: str | None, last_modified: str | None
    ) -> None:
        """Keep the newer validators of an item that is as it was; None leaves one as it is."""
        given = {"etag": etag, "last_modified": last_modified}
        values = {name: value for name, value in given.items() if value is not None}
        if values:
            fits = (SourceItem.source_id == source_id, SourceItem.uri == uri)
            await self._change(update(SourceItem).where(*fits).values(**values))

    async def note(
        self, source_id: str, uri: str, state: ItemState, reason: str, message: str
    ) -> None:
        """Say why the last look at an item brought nothing; what it had brought before stays."""
        row = {
            "source_id": source_id,
            "uri": uri,
            "state": state,
            "reason": reason,
            "message": message,
            "seen_at": now(),
        }
        await self._insert(SourceItem, [row], ignore=True)
        fits = (SourceItem.source_id == source_id, SourceItem.uri == uri)
        told = {"reason": reason, "message": message, "seen_at": now()}
        held = update(SourceItem).where(*fits, SourceItem.state.in_(_HELD))
        if not await self._change(held.values(**told)):
            other = update(SourceItem).where(*fits, SourceItem.state != ItemState.QUARANTINED)
            await self._change(other.values(state=state, **told))

    async def withdraw(
        self, source_id: str, uri: str, state: ItemState, *, reason: str | None, message: str
    ) -> None:
        """Note that an item is no longer there, or must not be used; it is not known any more."""
        await self._change(
            update(SourceItem)
            .where(SourceItem.source_id == source_id, SourceItem.uri == uri)
            .values(
                state=state,
                reason=reason,
                message=message,
                seen_at=now(),
                changed_at=now(),
                attributes=None,
                **_FORGOTTEN,
            )
        )

    async def release_duplicates(self, document_id: str) -> int:
        """Let items be looked at anew whose content only this document had; return how many."""
        statement = update(SourceItem).where(
            SourceItem.document_id == document_id, SourceItem.state == ItemState.DUPLICATE
        )
        return await self._change(statement.values(document_id=None, **_FORGOTTEN))

    async def changed_since(
        self, source_id: str, uris: Sequence[str], moment: datetime
    ) -> set[str]:
        """Return those of the items whose content arrived after `moment`."""
        query = select(SourceItem.uri).where(
            SourceItem.source_id == source_id,
            SourceItem.uri.in_(uris),
            SourceItem.changed_at >= moment,
        )
        return set((await self._session.execute(query)).scalars())
