"""Where the vector indexes of collections are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.columns import now
from data.errors import RowNotFoundError
from data.models import Collection, IndexState, IndexVersion
from data.repositories.base import Repository, new_id
from data.values import NewIndex

OPEN_STATES = (IndexState.BUILDING, IndexState.READY)
"""An index in one of these is written beside the live one."""


_OF_COLLECTION = (
    select(IndexVersion)
    .where(IndexVersion.collection_id == bindparam("collection_id"))
    .order_by(IndexVersion.created_at.desc(), IndexVersion.id)
)


class IndexRepository(Repository):
    """The vector indexes of a tenant's collections, one of which is live in each."""

    async def of_collection(self, collection_id: str) -> Sequence[IndexVersion]:
        """Return the indexes of a collection, newest first."""
        return await self._all(_OF_COLLECTION, {"collection_id": collection_id})

    async def list(self) -> Sequence[IndexVersion]:
        """Return all indexes, newest first."""
        order = (IndexVersion.created_at.desc(), IndexVersion.id)
        return await self._all(select(IndexVersion).order_by(*order))

    async def get(self, collection_id: str, name: str) -> IndexVersion | None:
        """Return a collection's index by its name."""
        query = select(IndexVersion).where(
            IndexVersion.collection_id == collection_id, IndexVersion.name == name
        )
        return await self._one(query)

    async def ensure(self, collection_id: str, new: NewIndex, *, job: str | None = None) -> None:
        """Open an index that is about to be built; one that is being built or live stays."""
        row = {
            "id": new_id(),
            "collection_id": collection_id,
            "name": new.name,
            "state": IndexState.BUILDING,
            "parser": new.parser,
            "chunker": new.chunker,
            "embedder": new.embedder,
            "sparse_encoder": new.sparse_encoder,
            "recipe": dict(new.recipe),
            "vectors": 0,
            "job_id": job,
            "created_by": self._principal.subject,
        }
        await self._insert(IndexVersion, [row], ignore=True)
        # One that was dropped, or retired before its encoders were configured again.
        again = or_(IndexVersion.deleted_at.is_not(None), IndexVersion.state == IndexState.RETIRED)
        await self._change(
            update(IndexVersion)
            .where(
                IndexVersion.collection_id == collection_id, IndexVersion.name == new.name, again
            )
            .values(state=IndexState.BUILDING, job_id=job, message=None, deleted_at=None),
            deleted=True,
        )

    async def rebuild(self, collection_id: str, new: NewIndex, *, job: str | None) -> IndexVersion:
        """Begin to build an index that may have been live, retired, failed or dropped before.

        Raises:
            RowNotFoundError: The tenant has no such collection.
        """
        await self.ensure(collection_id, new, job=job)
        await self._change(
            update(IndexVersion)
            .where(
                IndexVersion.collection_id == collection_id,
                IndexVersion.name == new.name,
                IndexVersion.state != IndexState.LIVE,
            )
            .values(
                state=IndexState.BUILDING,
                parser=new.parser,
                chunker=new.chunker,
                recipe=dict(new.recipe),
                job_id=job,
                message=None,
                checks=None,
                deleted_at=None,
            ),
            deleted=True,
        )
        found = await self.get(collection_id, new.name)
        if found is None:
            raise RowNotFoundError(f"the index {new.name} could not be made")
        return found

    async def describe(self, collection_id: str, name: str, label: tuple[str, str]) -> None:
        """Write down which parser and chunker made the chunks of an index."""
        parser, chunker = label
        await self._change(
            update(IndexVersion)
            .where(IndexVersion.collection_id == collection_id, IndexVersion.name == name)
            .values(parser=parser, chunker=chunker)
        )

    async def finish(
        self,
        id: str,
        state: IndexState,
        *,
        vectors: int | None = None,
        checks: Mapping[str, Any] | None = None,
        message: str | None = None,
    ) -> None:
        """Write down how the building of an index ended."""
        values: dict[str, Any] = {"state": state, "message": message}
        if vectors is not None:
            values["vectors"] = vectors
        if checks is not None:
            values["checks"] = dict(checks)
        await self._change(update(IndexVersion).where(IndexVersion.id == id).values(values))

    async def activate(
        self, collection_id: str, name: str, *, before: IndexState = IndexState.RETIRED
    ) -> None:
        """Let search use an index; the one that it used is retired, and can come back.

        Args:
            collection_id: Of which collection.
            name: The index.
            before: What becomes of the one that it used.

        Raises:
            RowNotFoundError: The collection has no such index.
        """
        found = await self.get(collection_id, name)
        if found is None:
            raise RowNotFoundError(f"no index {name!r}")
        moment = now()
        await self._change(
            update(IndexVersion)
            .where(
                IndexVersion.collection_id == collection_id,
                IndexVersion.state == IndexState.LIVE,
                IndexVersion.name != name,
            )
            .values(state=before, retired_at=moment)
        )
        await self._change(
            update(IndexVersion)
            .where(IndexVersion.id == found.id)
            .values(state=IndexState.LIVE, activated_at=moment, retired_at=None)
        )
        await self._change(
            update(Collection)
            .where(Collection.id == collection_id)
            .values(live_index=name, embedder=found.embedder, sparse_encoder=found.sparse_encoder)
        )
        self._finds_other(collections=[collection_id])

    async def last_retired(self, collection_id: str) -> IndexVersion | None:
        """Return the index that search used before the live one."""
        query = (
            select(IndexVersion)
            .where(
                IndexVersion.collection_id == collection_id,
                IndexVersion.state == IndexState.RETIRED,
            )
            .order_by(IndexVersion.retired_at.desc())
            .limit(1)
        )
        return await self._one(query)

    async def retired_before(self, moment: datetime) -> Sequence[IndexVersion]:
        """Return the indexes that were retired, or failed, before a moment."""
        ended = (IndexState.RETIRED, IndexState.FAILED)
        query = select(IndexVersion).where(IndexVersion.state.in_(ended))
        rows = await self._all(query.order_by(IndexVersion.created_at))
        return [row for row in rows if (row.retired_at or row.created_at) < moment]

    async def forget(self, id: str) -> None:
        """Take an index off the list; its vectors are gone."""
        await self._change(
            update(IndexVersion).where(IndexVersion.id == id).values(deleted_at=now())
        )


class IndexDirectory:
    """The indexes of all tenants, by name alone: one vector store holds them all."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def names(self) -> set[str]:
        """Return the names of all indexes that some collection has."""
        built = select(IndexVersion.name).where(IndexVersion.deleted_at.is_(None))
        live = select(Collection.live_index).where(Collection.live_index.is_not(None))
        found = (await self._session.execute(union(built, live))).scalars()
        return {name for name in found if name is not None}

    async def collections(self) -> set[str]:
        """Return the ids of all collections, also of deleted ones."""
        return set((await self._session.execute(select(Collection.id))).scalars())
