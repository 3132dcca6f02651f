"""The default vector store: the Qdrant engine in this process, one shard an index."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field
from qdrant_edge import EdgeShard

from providers.errors import ProviderError
from providers.types import Candidates, Health, IndexPoint, IndexSpec, Status, VectorQuery
from providers.vector_store import edge_shard
from providers.vector_store.edge_index import EdgeIndex, EdgeLimits, Write
from providers.vector_store.naming import valid_index
from providers.visits import in_thread

R = TypeVar("R")
_MIB = 1 << 20


class QdrantEdgeConfig(BaseModel):
    """Options of the `qdrant_edge` store.

    `graph_from`: points from which `optimize` builds a graph; below that every vector is
    compared, which is exact and takes 3 ms for 20,000 points. `min_free_mib`: room that must
    be left on the disk before anything is written.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    graph_from: int = Field(default=20_000, ge=1_000)
    min_free_mib: int = Field(default=64, ge=0)


class QdrantEdgeStore:
    """Keeps indexes below `data_dir/vectors`; they belong to one process at a time."""

    config_type: ClassVar = QdrantEdgeConfig
    in_process: ClassVar = True

    def __init__(self, config: QdrantEdgeConfig) -> None:
        self._root = config.data_dir / "vectors"
        self._limits = EdgeLimits(
            graph_from=config.graph_from, min_free_bytes=config.min_free_mib * _MIB
        )
        self._indexes: dict[str, EdgeIndex] = {}
        self._lock = threading.Lock()

    async def ensure(self, index: str, spec: IndexSpec) -> None:
        """Create the index if it does not exist; an index of another spec is an error."""
        await to_thread.run_sync(self._index(index).ensure, spec)

    async def upsert(self, index: str, tenant_id: str, points: Sequence[IndexPoint]) -> None:
        """Write points; the same id again replaces."""
        work = partial(edge_shard.upsert, tenant_id=tenant_id, points=points)
        if points and not await self._write(index, work, len(points)):
            raise ProviderError(f"there is no vector index {index}: make it before writing to it")

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        """Remove points by id; unknown ids and a missing index are fine."""
        if ids:
            work = partial(edge_shard.delete, tenant_id=tenant_id, ids=ids)
            await self._write(index, work, len(ids))

    async def delete_document(self, index: str, tenant_id: str, document_id: str) -> None:
        """Remove every point of a document."""
        work = partial(edge_shard.delete_document, tenant_id=tenant_id, document_id=document_id)
        await self._write(index, work, 1)

    async def search(self, index: str, tenant_id: str, query: VectorQuery) -> Candidates:
        """Return the best points of each branch; a missing index returns none."""
        found = await self._read(index, lambda shard: edge_shard.search(shard, tenant_id, query))
        return found or Candidates()

    async def count(self, index: str, tenant_id: str) -> int:
        """Count the tenant's points."""
        return await self._read(index, lambda shard: edge_shard.count(shard, tenant_id)) or 0

    async def ids(self, index: str, tenant_id: str) -> list[str]:
        """List the tenant's point ids."""
        return await self._read(index, lambda shard: edge_shard.ids(shard, tenant_id)) or []

    async def owners(self, index: str, tenant_id: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the document id of each of the tenant's points; unknown ids are left out."""
        work = partial(edge_shard.owners, tenant_id=tenant_id, wanted=list(ids))
        return await self._read(index, work) or {}

    async def indexes(self) -> list[str]:
        """List the names of all indexes that are on disk, sorted."""
        return await to_thread.run_sync(self._on_disk)

    async def optimize(self, index: str) -> None:
        """Build the graph, in another process, where enough points have none."""
        await to_thread.run_sync(self._index(index).optimize)

    async def drop(self, index: str) -> None:
        """Remove the index; a missing one is fine."""
        await to_thread.run_sync(self._index(index).drop)

    async def check(self) -> Health:
        """Open each index that is on disk."""
        names = await self.indexes()
        try:
            for name in names:
                await self._read(name, lambda shard: shard.info())
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="qdrant_edge", detail=str(error))
        return Health(
            status=Status.READY, plugin="qdrant_edge", detail=f"{len(names)} indexes", device="cpu"
        )

    async def aclose(self) -> None:
        """Flush and close every index."""
        with self._lock:
            indexes, self._indexes = list(self._indexes.values()), {}
        for index in indexes:
            await to_thread.run_sync(index.close)

    def _on_disk(self) -> list[str]:
        return sorted(path.parent.name for path in self._root.glob("*/index.json"))

    async def _read(self, index: str, work: Callable[[EdgeShard], R]) -> R | None:
        return await in_thread(self._index(index).read, work)

    async def _write(self, index: str, work: Write, points: int) -> bool:
        return await to_thread.run_sync(self._index(index).write, work, points)

    def _index(self, name: str) -> EdgeIndex:
        valid_index(name)
        with self._lock:
            if name not in self._indexes:
                self._indexes[name] = EdgeIndex(self._root / name, self._limits)
            return self._indexes[name]
