"""Makes vectors of chunks, writes them, and removes those that nobody needs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from graphs.encoders import Encoders
from graphs.ingest.state import IngestProviders, PreparedChunk
from graphs.ingest.targets import Plan, Target, resolved
from providers.errors import ProviderError
from providers.protocols import VectorStore
from providers.types import IndexPoint, SparseVector, TextKind, Vector

log = structlog.get_logger(__name__)

BATCH = 256
"""Chunks embedded between two progress events."""


async def points_of(
    batch: Sequence[PreparedChunk], document_id: str, language: str, encoders: Encoders
) -> list[IndexPoint]:
    """Compute the points of some chunks of a document."""
    texts = [each.indexed_text for each in batch]
    dense: Sequence[Vector | None] = [None] * len(batch)
    sparse: Sequence[SparseVector | None] = [None] * len(batch)
    if encoders.embedder is not None:
        dense = list(await encoders.embedder.embed(texts, kind=TextKind.PASSAGE))
    if encoders.sparse_encoder is not None:
        sparse = await encoders.sparse_encoder.encode(
            texts, kind=TextKind.PASSAGE, language=language
        )
    return [
        IndexPoint(
            id=each.stored.id,
            document_id=document_id,
            dense=dense_vector,
            sparse=sparse_vector,
            payload={"language": language, "kind": each.stored.kind},
        )
        for each, dense_vector, sparse_vector in zip(batch, dense, sparse, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Filler:
    """Sees to it that indexes have the vectors of one document's chunks."""

    providers: IngestProviders
    tenant_id: str
    document_id: str
    language: str

    async def fill(self, plans: Sequence[Plan], chunks: Sequence[PreparedChunk]) -> None:
        """Write the vectors that are missing into each index whose encoders can be had."""
        if chunks:
            for target in await resolved(plans, self.providers):
                await self.fill_one(target, chunks)

    async def fill_one(self, target: Target, chunks: Sequence[PreparedChunk]) -> int:
        """Write the vectors that are missing into an index; return how many those were."""
        store = self.providers.vector_store
        await store.ensure(target.index, target.encoders.spec)
        ids = [each.stored.id for each in chunks]
        there = await store.owners(target.index, self.tenant_id, ids)
        missing = [each for each in chunks if each.stored.id not in there]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            points = await points_of(batch, self.document_id, self.language, target.encoders)
            await store.upsert(target.index, self.tenant_id, points)
        return len(missing)


async def remove(
    store: VectorStore, tenant_id: str, indexes: Collection[str], ids: Collection[str]
) -> None:
    """Remove vectors that belong to no chunk; what cannot be removed now is never shown."""
    if not ids:
        return
    for index in indexes:
        try:
            await store.delete(index, tenant_id, sorted(ids))
        except ProviderError as error:  # a reconcile removes them later
            log.warning("vectors_left_behind", index=index, count=len(ids), error=str(error))
