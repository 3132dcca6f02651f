"""Earlier questions of a collection, in an index of their own beside that of its chunks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from graphs.query.caching.entries import CachedAnswer, read, write
from graphs.query.caching.keys import Asked, entry_key, questions_index
from graphs.query.caching.likeness import difference
from graphs.query.caching.settings import SemanticSettings
from providers.cache.counting import CacheCounters, CacheEvent, CacheKind
from providers.cache.patient import PatientCache
from providers.errors import ProviderError
from providers.protocols import Embedder, VectorStore
from providers.types import IndexPoint, IndexSpec, ScoredPoint, TextKind, Vector, VectorQuery

SCOPE: Final = "scope"
"""Under which name a point says what its answer hangs on."""
_KEPT_BETWEEN_COUNTS: Final = 50
"""So many questions are kept before it is looked whether they have become too many."""
_SLACK: Final = 0.02
"""By how much a store's own score may be off; the cosine is computed again from the entry."""

Holds = Callable[[CachedAnswer], Awaitable[bool]]
"""Tells whether all that an answer cites may still be quoted like that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """An earlier question that asks the same, and how close (cosine) the two are."""

    entry: CachedAnswer
    similarity: float


class SemanticCache:
    """Finds the answer to a question that asks the same in other words."""

    def __init__(
        self,
        cache: PatientCache,
        store: VectorStore,
        embedder: Embedder,
        settings: SemanticSettings,
        counters: CacheCounters,
    ) -> None:
        self._cache = cache
        self._store = store
        self._embedder = embedder
        self._settings = settings
        self._counters = counters
        self._kept = 0

    def serves(self, asked: Asked) -> bool:
        """Tell whether a question may have its answer from here; it must stand by itself."""
        return self._settings.serves(asked.context.collection) and not asked.earlier

    async def embed(self, asked: Asked) -> Vector | None:
        """Return the question's vector; None when the embedder fails."""
        try:
            vector: Vector = (await self._embedder.embed([asked.question], kind=TextKind.QUERY))[0]
        except ProviderError:
            self._count(asked, CacheEvent.FAILED)
            return None
        return vector

    async def find(self, asked: Asked, vector: Vector, holds: Holds) -> Similar | None:
        """Return the closest earlier question that asks the same and whose answer still holds.

        Entries that cannot be read or no longer hold are removed.
        """
        for point in await self._near(asked, vector):
            if point.score < self._settings.threshold - _SLACK:
                break
            entry = await self._read(asked, point.id)
            if entry is None or entry.scope != asked.scope:
                continue
            similarity = entry.similarity(vector)
            if similarity < self._settings.threshold:
                continue
            if difference(entry.question, asked.question, asked.language) is not None:
                continue
            if not (entry.citations and await holds(entry)):
                await self._drop(asked, point.id, CacheEvent.STALE)
                continue
            self._count(asked, CacheEvent.HIT)
            return Similar(entry=entry, similarity=similarity)
        self._count(asked, CacheEvent.MISS)
        return None

    async def keep(self, asked: Asked, entry: CachedAnswer, vector: Vector) -> None:
        """Remember an answer for questions to come."""
        key = entry_key(asked.tenant_id, asked.point_id)
        if not await self._cache.set(key, write(entry), ttl_s=self._settings.ttl_s):
            return
        index = self._index(asked)
        point = IndexPoint(
            id=asked.point_id,
            document_id=asked.point_id,
            dense=vector,
            sparse=None,
            payload={SCOPE: asked.scope},
        )
        try:
            spec = IndexSpec(dimensions=self._embedder.dimensions, sparse=False)
            await self._store.ensure(index, spec)
            await self._store.upsert(index, asked.tenant_id, [point])
            await self._bound(asked)
        except ProviderError:
            self._count(asked, CacheEvent.FAILED)
            return
        self._count(asked, CacheEvent.STORED)

    async def _bound(self, asked: Asked) -> None:
        """Forget a collection's questions when they have become too many.

        Entries grow too old in the cache without the index being told, so most of them may
        be without an answer by then.
        """
        self._kept += 1
        limit = self._settings.max_questions
        if self._kept % min(_KEPT_BETWEEN_COUNTS, limit):
            return
        if await self.count(asked.tenant_id, asked.state.collection_id) > limit:
            await self.clear(asked.tenant_id, asked.state.collection_id)

    async def count(self, tenant_id: str, collection_id: str) -> int:
        """Count the questions of a collection.

        Raises:
            ProviderError: the store or the embedder's model cannot be reached.
        """
        return await self._store.count(self._name(collection_id), tenant_id)

    async def clear(self, tenant_id: str, collection_id: str) -> int:
        """Forget the questions of a collection; tells how many there were.

        Raises:
            ProviderError: the store or the embedder's model cannot be reached.
        """
        index = self._name(collection_id)
        ids = await self._store.ids(index, tenant_id)
        for id in ids:
            await self._cache.delete(entry_key(tenant_id, id))
        await self._store.drop(index)
        return len(ids)

    async def _near(self, asked: Asked, vector: Vector) -> Sequence[ScoredPoint]:
        query = VectorQuery(
            dense=vector, limit=self._settings.candidates, where={SCOPE: (asked.scope,)}
        )
        try:
            found = await self._store.search(self._index(asked), asked.tenant_id, query)
        except ProviderError:
            self._count(asked, CacheEvent.FAILED)
            return ()
        return found.dense

    async def _read(self, asked: Asked, point_id: str) -> CachedAnswer | None:
        data = await self._cache.get(entry_key(asked.tenant_id, point_id))
        if data is None:  # pushed out, too old, or the cache is down
            if self._cache.is_up:
                await self._drop(asked, point_id, None)
            return None
        entry = read(data)
        if entry is None:
            await self._drop(asked, point_id, CacheEvent.BROKEN)
        return entry

    async def _drop(self, asked: Asked, point_id: str, event: CacheEvent | None) -> None:
        if event is not None:
            self._count(asked, event)
        await self._cache.delete(entry_key(asked.tenant_id, point_id))
        try:
            await self._store.delete(self._index(asked), asked.tenant_id, [point_id])
        except ProviderError:
            self._count(asked, CacheEvent.FAILED)

    def _index(self, asked: Asked) -> str:
        return self._name(asked.state.collection_id)

    def _name(self, collection_id: str) -> str:
        return questions_index(collection_id, self._embedder.fingerprint)

    def _count(self, asked: Asked, event: CacheEvent) -> None:
        self._counters.add(asked.tenant_id, CacheKind.SEMANTIC, event)
