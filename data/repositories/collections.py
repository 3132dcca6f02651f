"""Where collections are kept."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update

from data.errors import RowNotFoundError
from data.models import Collection, CollectionGeneration
from data.repositories.base import Repository, new_id
from data.values import CollectionState, LiveIndex

_COLLECTIONS = cast("Table", Collection.__table__)
_GENERATIONS = cast("Table", CollectionGeneration.__table__)
# Over the table, like the look-up of live chunks: every search asks it.
_LIVE_INDEX = select(
    _COLLECTIONS.c.id,
    _COLLECTIONS.c.live_index,
    _COLLECTIONS.c.embedder,
    _COLLECTIONS.c.sparse_encoder,
).where(_COLLECTIONS.c.name == bindparam("name"))
_GUARDS = select(_COLLECTIONS.c.guards).where(_COLLECTIONS.c.name == bindparam("name"))

_STATE = (
    select(_COLLECTIONS.c.id, _COLLECTIONS.c.live_index, _GENERATIONS.c.generation)
    .join_from(_COLLECTIONS, _GENERATIONS, _GENERATIONS.c.collection_id == _COLLECTIONS.c.id)
    .where(_COLLECTIONS.c.name == bindparam("name"))
)


# Asked several times for each file; built once, because that takes as long as to run them.
_BY_ID = select(Collection).where(Collection.id == bindparam("id"))
_BY_NAME = select(Collection).where(Collection.name == bindparam("name"))


class CollectionRepository(Repository):
    """The collections of a tenant."""

    async def get(self, name: str) -> Collection | None:
        """Return the collection of that name."""
        return await self._one(_BY_NAME, {"name": name})

    async def live_index(self, name: str) -> LiveIndex | None:
        """Return where the vectors of the collection of that name are; on every search's path."""
        rows = await self._session.execute(_LIVE_INDEX, {"name": name})
        found = rows.one_or_none()
        if found is None:
            return None
        id, index, embedder, sparse = found
        return LiveIndex(collection_id=id, name=index, embedder=embedder, sparse_encoder=sparse)

    async def state(self, name: str) -> CollectionState | None:
        """Return what answers about a collection hang on; None before anything was published."""
        found = (await self._session.execute(_STATE, {"name": name})).one_or_none()
        if found is None:
            return None
        id, index, generation = found
        return CollectionState(collection_id=id, live_index=index, generation=generation)

    async def forget_answers(self, name: str | None = None) -> Sequence[str]:
        """Give a collection, or all of them, the next generation; returns their ids."""
        query = select(Collection)
        if name is not None:
            query = query.where(Collection.name == name)
        ids = [row.id for row in await self._all(query)]
        self._finds_other(collections=ids)
        return ids

    async def guards(self, name: str) -> Mapping[str, Any] | None:
        """Return what the collection of that name says of its guards; None for nothing."""
        found = await self._session.execute(_GUARDS, {"name": name})
        kept: Mapping[str, Any] | None = found.scalar_one_or_none()
        return kept

    async def set_guards(self, collection_id: str, guards: Mapping[str, Any] | None) -> None:
        """Say which policies of its own a collection has, and what it is about."""
        await self._change(
            update(Collection)
            .where(Collection.id == collection_id)
            .values(guards=dict(guards) if guards else None)
        )
        self._finds_other(collections=[collection_id])

    async def by_id(self, collection_id: str) -> Collection | None:
        """Return the collection with that id."""
        return await self._one(_BY_ID, {"id": collection_id})

    async def lock(self, collection_id: str) -> Collection | None:
        """Wait for other transactions that publish into the collection, or switch its index."""
        # Rows that refer to it can still be added: their key is not what is locked.
        locked = select(Collection).where(Collection.id == collection_id)
        return await self._one(locked.with_for_update(of=Collection, key_share=True))

    async def ensure(self, name: str) -> Collection:
        """Return the collection of that name, made when there is none."""
        found = await self.get(name)
        if found is not None:
            return found
        await self._insert(Collection, [{"id": new_id(), "name": name}], ignore=True)
        await self._change(
            update(Collection).where(Collection.name == name).values(deleted_at=None), deleted=True
        )
        made = await self.get(name)
        if made is None:
            raise RowNotFoundError(f"the collection {name!r} could not be made")
        return made

    async def list(self) -> Sequence[Collection]:
        """Return all collections, by name."""
        return await self._all(select(Collection).order_by(Collection.name))

    async def set_live_index(
        self, collection_id: str, index: str, embedder: str | None, sparse: str | None
    ) -> None:
        """Say which vector index answers for the collection, and who made its vectors.

        Raises:
            RowNotFoundError: The tenant has no such collection.
        """
        changed = await self._change(
            update(Collection)
            .where(Collection.id == collection_id)
            .values(live_index=index, embedder=embedder, sparse_encoder=sparse)
        )
        if not changed:
            raise RowNotFoundError(f"no collection {collection_id}")
        self._finds_other(collections=[collection_id])
