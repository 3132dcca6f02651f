"""Where sources are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.columns import now
from data.models import Document, Source, SourceItem
from data.repositories.base import Repository, new_id


class SourceRepository(Repository):
    """The sources of a tenant."""

    async def create(self, name: str, values: Mapping[str, Any]) -> Source | None:
        """Add a source with these columns; None when the tenant has one of that name."""
        row = {"id": new_id(), "name": name, "created_by": self._principal.subject, **values}
        await self._insert(Source, [row], ignore=True)
        made = await self.by_name(name)
        return made if made is not None and made.id == row["id"] else None

    async def by_name(self, name: str) -> Source | None:
        """Return the source of that name."""
        return await self._one(select(Source).where(Source.name == name))

    async def get(self, source_id: str) -> Source | None:
        """Return the source with that id."""
        return await self._one(select(Source).where(Source.id == source_id))

    async def lock(self, source_id: str) -> Source | None:
        """Return the source and keep others from it until the transaction ends."""
        return await self._one(select(Source).where(Source.id == source_id).with_for_update())

    async def list(self) -> Sequence[Source]:
        """Return all sources, by name."""
        return await self._all(select(Source).order_by(Source.name))

    async def change(self, source_id: str, values: Mapping[str, Any]) -> None:
        """Set columns of a source."""
        if values:
            await self._change(update(Source).where(Source.id == source_id).values(**values))

    async def claim(self, source_id: str, due: datetime, next_at: datetime | None) -> bool:
        """Take a crawl that was due at `due`; False when another server took it."""
        statement = update(Source).where(Source.id == source_id, Source.next_crawl_at == due)
        return await self._change(statement.values(next_crawl_at=next_at)) > 0

    async def remove(self, source: Source) -> None:
        """Forget a source and its items; its name is free again, its documents are nobody's."""
        moment = now()
        await self._change(
            update(Document).where(Document.source_id == source.id).values(source_id=None)
        )
        await self._change(
            update(SourceItem).where(SourceItem.source_id == source.id).values(deleted_at=moment)
        )
        freed = f"{source.name}~{source.id}"
        await self._change(
            update(Source)
            .where(Source.id == source.id)
            .values(deleted_at=moment, name=freed, enabled=False, next_crawl_at=None)
        )


class SourceLookup:
    """Finds sources of all tenants: those that are due, and those that partners bring to."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def due(self, moment: datetime, limit: int = 100) -> Sequence[Source]:
        """Return enabled sources whose next crawl is due, the longest waiting first."""
        query = (
            select(Source)
            .where(Source.enabled, Source.deleted_at.is_(None), Source.next_crawl_at <= moment)
            .order_by(Source.next_crawl_at, Source.id)
            .limit(limit)
        )
        return (await self._session.execute(query)).scalars().all()

    async def watched(self) -> Sequence[Source]:
        """Return enabled sources that are to be watched."""
        query = select(Source).where(Source.enabled, Source.deleted_at.is_(None), Source.watch)
        return (await self._session.execute(query)).scalars().all()

    async def called(self, name: str) -> Sequence[Source]:
        """Return enabled sources with that id or name, of any tenant; two at most."""
        query = (
            select(Source)
            .where(Source.enabled, Source.deleted_at.is_(None))
            .where((Source.id == name) | (Source.name == name))
            .limit(2)
        )
        return (await self._session.execute(query)).scalars().all()
