"""Second node: finds live passages with both branches at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from data.database import Database
from data.values import LiveChunk, LiveIndex
from graphs.errors import CollectionNotFoundError
from graphs.query.encoding import suited
from graphs.query.errors import SearchUnavailableError
from graphs.query.fusion import fuse
from graphs.query.providers import QueryProviders
from graphs.query.reranking import should_rerank
from graphs.query.settings import QuerySettings
from graphs.query.state import Fused, Mode, Passage, QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError, TransientProviderError
from providers.principal import Principal
from providers.protocols import VectorStore
from providers.types import Candidates, SparseVector, TextKind, Vector, VectorQuery

T = TypeVar("T")

MAX_CANDIDATES = 2000
"""Where widening a search stops, when most of what it finds was deleted."""
WIDER = 4
"""By which factor a search is widened."""


async def retrieve(
    state: QueryState,
    turn: Turn,
    *,
    providers: QueryProviders,
    database: Database,
    settings: QuerySettings,
) -> QueryState:
    """Encode the question, search both branches, fuse, and keep what is live.

    Raises:
        CollectionNotFoundError: the tenant has no such collection.
        SearchUnavailableError: neither branch works, or the store is down.
    """
    language, degraded = state["language"], list[str]()
    (dense, sparse), index = await asyncio.gather(
        _vectors(providers, state, turn, settings, degraded),
        _live_index(database, turn, settings),
    )
    if index is not None:
        older = await suited(providers, database, turn.principal, index, degraded)
        if older is not providers:
            dense, sparse = await _vectors(older, state, turn, settings, degraded)
    if dense is None and sparse is None:
        raise SearchUnavailableError("; ".join(degraded) or "no branch of search is switched on")
    found = _Found(passages=[], doubtful=False)
    if index is not None and index.name is not None:
        finder = _Finder(
            store=providers.store,
            database=database,
            settings=settings,
            principal=turn.principal,
            language=language,
            top_k=turn.context.top_k,
            rerank=_wanted_rerank(turn),
        )
        limit = max(settings.retrieval.candidates, turn.context.top_k)
        query = VectorQuery(dense=dense, sparse=sparse, limit=limit)
        found = await finder.find(index.name, index.collection_id, query)
    return {"passages": found.passages, "doubtful": found.doubtful, "degraded": degraded}


async def _vectors(
    providers: QueryProviders,
    state: QueryState,
    turn: Turn,
    settings: QuerySettings,
    degraded: list[str],
) -> tuple[Vector | None, SparseVector | None]:
    """Encode the question for both branches at once."""
    question, language = state["question"], state["language"]
    return await asyncio.gather(
        _encode(lambda: _dense(providers, question), turn, Mode.SPARSE, settings, degraded),
        _encode(
            lambda: _sparse(providers, question, language), turn, Mode.DENSE, settings, degraded
        ),
    )


async def _encode(
    encode: Callable[[], Awaitable[T]],
    turn: Turn,
    unwanted: Mode,
    settings: QuerySettings,
    degraded: list[str],
) -> T | None:
    """Run one branch's encoder, unless the caller chose only the other branch."""
    if turn.context.mode is unwanted:
        return None
    branch = "dense" if unwanted is Mode.SPARSE else "sparse"
    try:
        async with asyncio.timeout(settings.retrieval.encode_timeout_s):
            return await encode()
    except ProviderError as error:
        degraded.append(f"{branch} search was left out: {error}")
    except TimeoutError:
        waited = settings.retrieval.encode_timeout_s
        degraded.append(f"{branch} search was left out: no reply within {waited:g} s")
    return None


async def _dense(providers: QueryProviders, question: str) -> Vector:
    if providers.embedder is None:
        raise ProviderError("the embedder is not available")
    rows = await providers.embedder.embed([question], kind=TextKind.QUERY)
    vector: Vector = rows[0]
    return vector


async def _sparse(providers: QueryProviders, question: str, language: str) -> SparseVector:
    if providers.sparse_encoder is None:
        raise ProviderError("the sparse encoder is not available")
    rows = await providers.sparse_encoder.encode([question], kind=TextKind.QUERY, language=language)
    return rows[0]


async def _live_index(database: Database, turn: Turn, settings: QuerySettings) -> LiveIndex | None:
    name = turn.context.collection
    async with database.begin(turn.principal, read_only=True) as transaction:
        found = await transaction.collections.live_index(name)
    if found is None and name != settings.default_collection:
        raise CollectionNotFoundError(f"there is no collection {name!r}")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Live passages, best first, and whether they should be reranked."""

    passages: list[Passage]
    doubtful: bool


def _wanted_rerank(turn: Turn) -> bool | None:
    """Return the caller's wish; who asks for one branch alone gets its own order by default."""
    if turn.context.rerank is None and turn.context.mode is not Mode.HYBRID:
        return False
    return turn.context.rerank


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finder:
    """Searches one collection's index on behalf of one principal."""

    store: VectorStore
    database: Database
    settings: QuerySettings
    principal: Principal
    language: str
    top_k: int
    rerank: bool | None

    async def find(self, index: str, collection_id: str, query: VectorQuery) -> _Found:
        """Search, and search wider while deleted documents fill the list."""
        while True:
            candidates = await self._search(index, query)
            fused = fuse(candidates, self.settings.fusion, language=self.language)
            doubtful = should_rerank(fused, self.rerank, self.settings.rerank)
            # Only a search that will be reranked needs more passages than were asked for.
            wanted = max(self.top_k, self.settings.rerank.depth) if doubtful else self.top_k
            passages = await self._live(fused, collection_id, wanted)
            longest = max(len(candidates.dense), len(candidates.sparse))
            exhausted = longest < query.limit or query.limit >= MAX_CANDIDATES
            if len(passages) >= wanted or exhausted:
                return _Found(passages=passages, doubtful=doubtful)
            query = replace(query, limit=min(query.limit * WIDER, MAX_CANDIDATES))

    async def _search(self, index: str, query: VectorQuery) -> Candidates:
        try:
            return await self.store.search(index, self.principal.tenant_id, query)
        except TransientProviderError:
            raise
        except ProviderError as error:
            raise SearchUnavailableError(f"the vector store failed: {error}") from error

    async def _live(self, fused: Sequence[Fused], collection_id: str, wanted: int) -> list[Passage]:
        """Join candidates with live documents, best first, until enough are found."""
        found: list[tuple[Fused, LiveChunk]] = []
        step = wanted + wanted // 4
        for start in range(0, len(fused), step):
            batch = {candidate.id: candidate for candidate in fused[start : start + step]}
            async with self.database.begin(self.principal, read_only=True) as transaction:
                chunks = await transaction.chunks.live(list(batch))
            found += [(batch[c.chunk_id], c) for c in chunks if c.collection_id == collection_id]
            if len(found) >= wanted:
                break
        return [
            Passage(rank=rank, score=fused.score, chunk=chunk, page=chunk.page_start, fused=fused)
            for rank, (fused, chunk) in enumerate(found[:wanted], 1)
        ]
