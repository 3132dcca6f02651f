"""Second node: finds live passages with both branches at once."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from typing import TypeVar

from data.database import Database
from data.values import LiveIndex
from graphs.query.admission import Admission, admission_of
from graphs.query.encoding import suited
from graphs.query.errors import SearchUnavailableError
from graphs.query.finding import Finder, Found
from graphs.query.live_index import LiveIndexes
from graphs.query.providers import QueryProviders
from graphs.query.reranking import settle
from graphs.query.settings import QuerySettings
from graphs.query.state import Dropped, Mode, QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.protocols import Embedder, SparseEncoder
from providers.types import SparseVector, TextKind, Vector, VectorQuery
from providers.visits import in_one_visit, visiting

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
    index = await indexes.get(turn)
    admission = await admission_of(turn, index, database, settings)
    search = _Search(state, turn, providers, database, settings, admission=admission)
    found = await search.run(index)
    if index is not None and not found.confirm(index):
        live = await indexes.read(turn)
        found = found if live == index else await search.run(live)
    update: QueryState = {
        "doubtful": found.doubtful,
        "degraded": search.degraded,
        "question_vector": search.vector,
    }
    if turn.context.explain:
        update["dropped"] = search.dropped
    if found.doubtful:
        return {**update, "passages": found.passages}
    return {**update, **settle(found.passages, state, turn, reranked=False)}


class _Search:
    """The part of a search that waits for providers; in one visit where all are in process."""

    def __init__(
        self,
        state: QueryState,
        turn: Turn,
        providers: QueryProviders,
        database: Database,
        settings: QuerySettings,
        *,
        admission: Admission | None,
    ) -> None:
        self.degraded: list[str] = []
        self.dropped: list[Dropped] = []
        self.vector: Vector | None = None
        self._question, self._language = state["question"], state["language"]
        self._turn = turn
        self._providers = providers
        self._database = database
        self._settings = settings
        self._where = {} if admission is None else admission.where
        self._finder = Finder(
            store=providers.store,
            database=database,
            settings=settings,
            principal=turn.principal,
            language=self._language,
            top_k=turn.context.top_k,
            rerank=_wanted_rerank(turn),
            admission=admission,
            dropped=self.dropped if turn.context.explain else None,
        )

    async def run(self, index: LiveIndex | None) -> Found:
        """Search an index.

        Raises:
            SearchUnavailableError: neither branch works, or the store is down.
        """
        self.degraded.clear()
        providers = self._providers
        if index is not None:
            principal = self._turn.principal
            providers = await suited(providers, self._database, principal, index, self.degraded)
        find = partial(self._find, index, providers)
        if in_process(providers, self._database):
            return await in_one_visit(find)
        return await find()

    async def _find(self, index: LiveIndex | None, providers: QueryProviders) -> Found:
        dense, sparse = await self._vectors(providers)
        if dense is None and sparse is None:
            why = "; ".join(self.degraded) or "no branch of search is switched on"
            raise SearchUnavailableError(why)
        limit = max(self._settings.retrieval.candidates, self._turn.context.top_k)
        query = VectorQuery(dense=dense, sparse=sparse, limit=limit, where=self._where)
        return await self._finder.find(index, query)

    async def _vectors(
        self, providers: QueryProviders
    ) -> tuple[Vector | None, SparseVector | None]:
        dense = self._encode(partial(self._dense, providers.embedder), Mode.SPARSE)
        sparse = self._encode(partial(self._sparse, providers.sparse_encoder), Mode.DENSE)
        if visiting():
            return await dense, await sparse
        return await asyncio.gather(dense, sparse)

    async def _encode(self, encode: Callable[[], Awaitable[T]], unwanted: Mode) -> T | None:
        """Run one branch's encoder, unless the caller chose only the other branch."""
        if self._turn.context.mode is unwanted:
            return None
        branch = "dense" if unwanted is Mode.SPARSE else "sparse"
        patience_s = self._settings.retrieval.encode_timeout_s
        try:
            # What computes in a thread of this process cannot be interrupted anyway.
            async with nullcontext() if visiting() else asyncio.timeout(patience_s):
                return await encode()
        except ProviderError as error:
            self.degraded.append(f"{branch} search was left out: {error}")
        except TimeoutError:
            self.degraded.append(f"{branch} search was left out: no reply within {patience_s:g} s")
        return None

    async def _dense(self, embedder: Embedder | None) -> Vector:
        if embedder is None:
            raise ProviderError("the embedder is not available")
        rows = await embedder.embed([self._question], kind=TextKind.QUERY)
        vector: Vector = rows[0]
        if embedder is self._providers.embedder:
            self.vector = vector
        return vector

    async def _sparse(self, encoder: SparseEncoder | None) -> SparseVector:
        if encoder is None:
            raise ProviderError("the sparse encoder is not available")
        (row,) = await encoder.encode(
            [self._question], kind=TextKind.QUERY, language=self._language
        )
        return row


def in_process(providers: QueryProviders, database: Database) -> bool:
    """Tell whether a search asks nothing of another process."""
    parts = (providers.embedder, providers.sparse_encoder, providers.store, database)
    return all(part is None or getattr(part, "in_process", False) for part in parts)


def _wanted_rerank(turn: Turn) -> bool | None:
    """Return the caller's wish; who asks for one branch alone gets its own order by default."""
    if turn.context.rerank is None and turn.context.mode is not Mode.HYBRID:
        return False
    return turn.context.rerank
