"""Tries a new index before search uses it."""

import random
from collections.abc import Mapping, Sequence
from typing import Any, Final

import anyio.to_thread
import numpy as np

from data.database import Database
from data.models import Chunk, Collection
from data.repositories.chunk_sets import ChunkSet
from graphs.encoders import Encoders, made_by
from graphs.ingest.state import IngestProviders
from graphs.ingest.targets import Target, encoders_of
from graphs.query.fusion import fuse
from graphs.query.settings import QuerySettings
from providers.errors import ProviderError
from providers.principal import Principal
from providers.types import TextKind, VectorQuery
from service.upkeep.settings import IndexSettings

SAMPLE: Final = 50
"""Chunks that must find themselves."""
FOUND_WITHIN: Final = 10
"""Equal texts of other documents may come before a chunk; more than that is a fault."""
LEAST_FOUND: Final = 0.95
"""Share of the sample that must find itself."""
_LESS_FOUND: Final = 0.05
"""How much smaller that share may be than in the live index."""
_SLACK: Final = 1e-3
"""How far the length of a vector may be from 1."""
_DEPTH: Final = 100
_MEASURE: Final = "nDCG@10"


class IndexTrial:
    """Counts, lengths of vectors, self-retrieval, and a comparison on golden questions."""

    def __init__(
        self,
        database: Database,
        providers: IngestProviders | None,
        query: QuerySettings,
        settings: IndexSettings,
    ) -> None:
        self._database = database
        self._providers = providers
        self._query = query
        self._settings = settings

    async def run(
        self,
        principal: Principal,
        collection: Collection,
        target: Target,
        golden: Sequence[Mapping[str, Any]],
    ) -> dict[str, Any]:
        """Return the report; `failed` lists in words what is not good enough."""
        sample = await self._sample(principal, collection)
        report: dict[str, Any] = {"failed": [], "sample": len(sample)}
        report["finite"] = await self._has_unit_vectors(sample, target.encoders)
        report["found"] = await self._self_retrieval(principal, sample, target)
        least = LEAST_FOUND
        live = await self._live(principal, collection)
        if live is not None:
            report["found_live"] = await self._self_retrieval(principal, sample, live)
            least = min(least, report["found_live"] - _LESS_FOUND)
        if not report["finite"]:
            report["failed"].append("the embedder makes vectors that are not of length 1")
        if report["found"] < least:
            report["failed"].append(
                f"only {report['found']:.0%} of {len(sample)} sampled chunks find themselves"
            )
        if golden and live is not None:
            report["golden_live"] = await self._score(principal, live, golden)
            report["golden_new"] = await self._score(principal, target, golden)
            if report["golden_new"] < report["golden_live"] - self._settings.max_loss:
                report["failed"].append(
                    f"{_MEASURE} on {len(golden)} questions falls from "
                    f"{report['golden_live']:.3f} to {report['golden_new']:.3f} (indexes.max_loss)"
                )
        return report

    async def _sample(self, principal: Principal, collection: Collection) -> Sequence[Chunk]:
        async with self._database.begin(principal, read_only=True) as tx:
            sets = await tx.chunk_sets.all(collection.id)
            chosen: list[ChunkSet] = [each for each in sets if each.read]
            ids = sorted({id for each in chosen for id in each.ids})
            some = random.Random(0).sample(ids, min(SAMPLE, len(ids)))  # noqa: S311 - a sample
            return await tx.chunk_sets.by_ids(some)

    async def _has_unit_vectors(self, sample: Sequence[Chunk], encoders: Encoders) -> bool:
        if encoders.embedder is None or not sample:
            return True
        texts = [row.text for row in sample]
        vectors = await encoders.embedder.embed(texts, kind=TextKind.PASSAGE)
        lengths = np.linalg.norm(vectors, axis=1)
        return bool(np.all(np.abs(lengths - 1) < _SLACK))  # NaN is never close

    async def _self_retrieval(
        self, principal: Principal, sample: Sequence[Chunk], target: Target
    ) -> float:
        found = 0
        for row in sample:
            hits = await self._search(principal, target, row.text, row.language or "en")
            found += await self._is_among(principal, row, hits[:FOUND_WITHIN])
        return round(found / len(sample), 4) if sample else 1.0

    async def _is_among(self, principal: Principal, row: Chunk, hits: list[str]) -> bool:
        """Tell whether a chunk, or one of the same place cut anew, is among the hits."""
        if row.id in hits:
            return True
        async with self._database.begin(principal, read_only=True) as tx:
            others = await tx.chunk_sets.by_ids(hits)
        return any(
            each.version_id == row.version_id
            and each.char_start < row.char_end
            and row.char_start < each.char_end
            for each in others
        )

    async def _search(
        self, principal: Principal, target: Target, text: str, language: str
    ) -> list[str]:
        encoders = target.encoders
        dense = sparse = None
        if encoders.embedder is not None:
            dense = (await encoders.embedder.embed([text], kind=TextKind.QUERY))[0]
        if encoders.sparse_encoder is not None:
            sparse = (
                await encoders.sparse_encoder.encode([text], kind=TextKind.QUERY, language=language)
            )[0]
        query = VectorQuery(dense=dense, sparse=sparse, limit=_DEPTH)
        if self._providers is None:
            return []
        store = self._providers.vector_store
        candidates = await store.search(target.index, principal.tenant_id, query)
        return [each.id for each in fuse(candidates, self._query.fusion, language=language)]

    async def _live(self, principal: Principal, collection: Collection) -> Target | None:
        if self._providers is None or collection.live_index is None:
            return None
        async with self._database.begin(principal, read_only=True) as tx:
            row = await tx.indexes.get(collection.id, collection.live_index)
        name = made_by(collection.embedder, collection.sparse_encoder)
        try:
            encoders = await encoders_of(name, row.recipe if row else None, self._providers)
        except ProviderError:  # it cannot be searched by meaning any more: nothing to compare
            return None
        return Target(index=collection.live_index, encoders=encoders, live=True)

    async def _score(
        self, principal: Principal, target: Target, golden: Sequence[Mapping[str, Any]]
    ) -> float:
        """Return the nDCG@10 of documents by their best chunk."""
        from evals.metrics import fold, ranking_metrics  # noqa: PLC0415 - brings scipy

        judgements, rankings = {}, {}
        for number, item in enumerate(golden):
            hits = await self._search(principal, target, item["question"], "en")
            async with self._database.begin(principal, read_only=True) as tx:
                chunks = await tx.chunks.live(hits)
            judgements[str(number)] = dict.fromkeys(item["sources"], 1)
            rankings[str(number)] = fold([chunk.source for chunk in chunks])
        found = await anyio.to_thread.run_sync(ranking_metrics, judgements, rankings)
        return round(found[_MEASURE], 4)
