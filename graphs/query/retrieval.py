"""Second node: finds live passages with both branches at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from data.database import Database
from graphs.query.errors import SearchUnavailableError
from graphs.query.finding import Finder
from graphs.query.live_index import LiveIndexes
from graphs.query.providers import QueryProviders
from graphs.query.reranking import settle
from graphs.query.settings import QuerySettings
from graphs.query.state import Mode, QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.types import SparseVector, TextKind, Vector, VectorQuery

T = TypeVar("T")


async def retrieve(
    state: QueryState,
    turn: Turn,
    *,
    providers: QueryProviders,
    database: Database,
    indexes: LiveIndexes,
    settings: QuerySettings,
) -> QueryState:
    """Encode the question, search both branches, fuse, and keep what is live.

    Raises:
        CollectionNotFoundError: the tenant has no such collection.
        SearchUnavailableError: neither branch works, or the store is down.
    """
    question, language = state["question"], state["language"]
    degraded: list[str] = []
    dense, sparse, index = await asyncio.gather(
        _encode(lambda: _dense(providers, question), turn, Mode.SPARSE, settings, degraded),
        _encode(
            lambda: _sparse(providers, question, language), turn, Mode.DENSE, settings, degraded
        ),
        indexes.get(turn),
    )
    if dense is None and sparse is None:
        raise SearchUnavailableError("; ".join(degraded) or "no branch of search is switched on")
    finder = Finder(
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
    found = await finder.find(index, query)
    if index is not None and not found.confirm(index):
        found = await finder.find(await indexes.read(turn), query)
    update: QueryState = {"doubtful": found.doubtful, "degraded": degraded}
    if found.doubtful:
        return {**update, "passages": found.passages}
    return {**update, **settle(found.passages, state, turn, reranked=False)}


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


def _wanted_rerank(turn: Turn) -> bool | None:
    """Return the caller's wish; who asks for one branch alone gets its own order by default."""
    if turn.context.rerank is None and turn.context.mode is not Mode.HYBRID:
        return False
    return turn.context.rerank
