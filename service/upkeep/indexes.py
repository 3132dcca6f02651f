"""The vector indexes of collections, as people see and replace them."""

from typing import Any

from data.database import Database
from data.models import IndexState, IndexVersion
from graphs.errors import CollectionNotFoundError
from providers.principal import Principal, Role
from providers.protocols import VectorStore
from service.errors import ForbiddenError
from service.jobs import Jobs
from service.schemas import JobRead
from service.upkeep.shapes import IndexRead, ReindexRequest

REINDEX = "reindex"


class Indexes:
    """Lists indexes, and starts the jobs that replace them."""

    def __init__(self, database: Database, jobs: Jobs, vectors: VectorStore | None) -> None:
        self._database = database
        self._jobs = jobs
        self._vectors = vectors

    async def list(self, principal: Principal, collection: str | None = None) -> list[IndexRead]:
        """List the indexes of a collection, or of all, newest first.

        Raises:
            CollectionNotFoundError: the tenant has no such collection.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            names = {row.id: row.name for row in await tx.collections.list()}
            rows = await tx.indexes.list()
        if collection is not None and collection not in names.values():
            raise CollectionNotFoundError(f"there is no collection {collection!r}")
        return [
            _read(row, names[row.collection_id], await self._count(principal, row))
            for row in rows
            if row.collection_id in names and collection in (None, names[row.collection_id])
        ]

    async def _count(self, principal: Principal, row: IndexVersion) -> int:
        """Count the vectors; the row knows only those that were there when it was built."""
        if self._vectors is None:
            return row.vectors
        return await self._vectors.count(row.name, principal.tenant_id)

    async def reindex(
        self, principal: Principal, collection: str, wanted: ReindexRequest
    ) -> JobRead:
        """Build the index that the settings ask for, or bring the last one back, as a job.

        Raises:
            ForbiddenError: the principal is no administrator.
            CollectionNotFoundError: the tenant has no such collection.
        """
        if not principal.may(Role.ADMIN):
            raise ForbiddenError("replacing an index needs a principal with the role 'admin'")
        async with self._database.begin(principal, read_only=True) as tx:
            row = await tx.collections.get(collection)
            if row is None:
                raise CollectionNotFoundError(f"there is no collection {collection!r}")
            total = len(await tx.chunk_sets.published(row.id))
        payload: dict[str, Any] = {"collection": collection, **wanted.model_dump(mode="json")}
        return await self._jobs.submit(
            principal, REINDEX, collection=collection, total=total, payload=payload
        )


def _read(row: IndexVersion, collection: str, vectors: int) -> IndexRead:
    return IndexRead(
        name=row.name,
        collection=collection,
        state=row.state.value,
        live=row.state is IndexState.LIVE,
        vectors=vectors,
        embedder=row.embedder,
        sparse_encoder=row.sparse_encoder,
        parser=row.parser,
        chunker=row.chunker,
        checks=row.checks,
        message=row.message,
        created_at=row.created_at,
        activated_at=row.activated_at,
        retired_at=row.retired_at,
    )
