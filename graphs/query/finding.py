"""Searches an index and keeps what is live."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from data.database import Database
from data.values import LiveChunk, LiveIndex
from graphs.query.admission import Admission
from graphs.query.errors import SearchUnavailableError
from graphs.query.fusion import fuse
from graphs.query.reranking import should_rerank
from graphs.query.settings import QuerySettings
from graphs.query.state import Dropped, Fused, Passage
from providers.errors import ProviderError, TransientProviderError
from providers.principal import Principal
from providers.protocols import VectorStore
from providers.types import Candidates, VectorQuery

MAX_CANDIDATES = 2000
"""Where widening a search stops, when most of what it finds was deleted."""
WIDER = 4
"""By which factor a search is widened."""

FILTERED_BATCH = 100
"""Candidates that are looked up at once where a filter may drop most of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Live passages, best first, and whether they should be reranked."""

    passages: list[Passage]
    doubtful: bool

    def confirm(self, index: LiveIndex) -> bool:
        """Tell whether the index that was searched is the live one; no passages, no proof."""
        return bool(self.passages) and self.passages[0].chunk.live_index == index.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Finder:
    """Searches one collection's index on behalf of one principal.

    `dropped`, where it is given, collects the candidates that are left out.
    """

    store: VectorStore
    database: Database
    settings: QuerySettings
    principal: Principal
    language: str
    top_k: int
    rerank: bool | None
    admission: Admission | None = None
    dropped: list[Dropped] | None = None

    async def find(self, index: LiveIndex | None, query: VectorQuery) -> Found:
        """Search, and search wider while deleted documents fill the list.

        Raises:
            SearchUnavailableError: the store is down.
        """
        barred = self.admission is not None and self.admission.nothing
        if barred or index is None or index.name is None:
            return Found(passages=[], doubtful=False)
        while True:
            candidates = await self._search(index.name, query)
            fused = fuse(candidates, self.settings.fusion, language=self.language)
            doubtful = should_rerank(fused, self.rerank, self.settings.rerank)
            # Only a search that will be reranked needs more passages than were asked for.
            wanted = max(self.top_k, self.settings.rerank.depth) if doubtful else self.top_k
            passages = await self._live(fused, index.collection_id, wanted)
            longest = max(len(candidates.dense), len(candidates.sparse))
            exhausted = longest < query.limit or query.limit >= MAX_CANDIDATES
            if len(passages) >= wanted or exhausted:
                return Found(passages=passages, doubtful=doubtful)
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
        step = wanted if self.admission is None else max(wanted, FILTERED_BATCH)
        for start in range(0, len(fused), step):
            batch = {candidate.id: candidate for candidate in fused[start : start + step]}
            chunks = await self.database.live_chunks(self.principal, list(batch))
            if self.dropped is not None:
                self.dropped.extend(self._left_out(batch, chunks))
            if self.admission is not None:
                chunks = [chunk for chunk in chunks if self.admission.admits(chunk)]
            found += [(batch[c.chunk_id], c) for c in chunks if c.collection_id == collection_id]
            if len(found) >= wanted:
                break
        return [
            Passage(rank=rank, score=fused.score, chunk=chunk, page=chunk.page_start, fused=fused)
            for rank, (fused, chunk) in enumerate(found[:wanted], 1)
        ]

    def _left_out(
        self, batch: Mapping[str, Fused], chunks: Sequence[LiveChunk]
    ) -> Iterator[Dropped]:
        """Yield what is not live, and what the caller's own filters leave out.

        What an access rule hides is not told of, not even that it is there.
        """
        if self.settings.access:
            return
        live = {chunk.chunk_id: chunk for chunk in chunks}
        for id, fused in batch.items():
            chunk = live.get(id)
            if chunk is None or (self.admission and not self.admission.admits(chunk)):
                yield Dropped(fused, chunk)
