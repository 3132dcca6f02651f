"""Second node: finds live passages with both branches at once."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from data.database import Database
from data.values import LiveIndex
from graphs.query.encoding import suited
from graphs.query.errors import SearchUnavailableError
from graphs.query.finding import Finder, Found
from graphs.query.live_index import LiveIndexes
from graphs.query.providers import QueryProviders
from graphs.query.reranking import settle
from graphs.query.settings import QuerySettings
from graphs.query.state import Mode, QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.types import SparseVector, TextKind, Vector, VectorQuery

T = TypeVar("T")
Vectors = tuple[Vector | None, SparseVector | None]


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
    degraded: list[str] = []
    asked = _Asked(
        providers=providers,
        database=database,
        settings=settings,
        state=state,
        turn=turn,
        degraded=degraded,
    )
    vectors, index = await asyncio.gather(asked.vectors(providers), indexes.get(turn))
    finder = Finder(
        store=providers.store,
        database=database,
        settings=settings,
        principal=turn.principal,
        language=state["language"],
        top_k=turn.context.top_k,
        rerank=_wanted_rerank(turn),
    )

    async def find(where: LiveIndex | None) -> Found:
        return await finder.find(where, await asked.query(where, vectors))

    found = await find(index)
    if index is not None and not found.confirm(index):
        live = await indexes.read(turn)
        found = found if live == index else await find(live)
    update: QueryState = {"doubtful": found.doubtful, "degraded": degraded}
    if found.doubtful:
        return {**update, "passages": found.passages}
    return {**update, **settle(found.passages, state, turn, reranked=False)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question, and what is needed to make vectors of it."""

    providers: QueryProviders
    database: Database
    settings: QuerySettings
    state: QueryState
    turn: Turn
    degraded: list[str]

    async def query(self, index: LiveIndex | None, vectors: Vectors) -> VectorQuery:
        """Return what to ask an index; its vectors are those of the encoders that made it.

        Raises:
            SearchUnavailableError: neither branch works.
        """
        if index is not None:
            principal = self.turn.principal
            older = await suited(self.providers, self.database, principal, index, self.degraded)
            if older is not self.providers:
                vectors = await self.vectors(older)
        dense, sparse = vectors
        if dense is None and sparse is None:
            why = "; ".join(self.degraded) or "no branch of search is switched on"
            raise SearchUnavailableError(why)
        limit = max(self.settings.retrieval.candidates, self.turn.context.top_k)
        return VectorQuery(dense=dense, sparse=sparse, limit=limit)

    async def vectors(self, providers: QueryProviders) -> Vectors:
        """Encode the question for both branches at once."""
        question, language = self.state["question"], self.state["language"]
        return await asyncio.gather(
            self._branch(lambda: _dense(providers, question), Mode.SPARSE),
            self._branch(lambda: _sparse(providers, question, language), Mode.DENSE),
        )

    async def _branch(self, encode: Callable[[], Awaitable[T]], unwanted: Mode) -> T | None:
        """Run one branch's encoder, unless the caller chose only the other branch."""
        if self.turn.context.mode is unwanted:
            return None
        branch = "dense" if unwanted is Mode.SPARSE else "sparse"
        timeout = self.settings.retrieval.encode_timeout_s
        try:
            async with asyncio.timeout(timeout):
                return await encode()
        except ProviderError as error:
            self.degraded.append(f"{branch} search was left out: {error}")
        except TimeoutError:
            self.degraded.append(f"{branch} search was left out: no reply within {timeout:g} s")
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
