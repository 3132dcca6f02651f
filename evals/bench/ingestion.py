"""How much of the embedder's bare speed is left when documents go through the ingest graph?"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from data.database import Database
from evals.bench.corpus import Manual, make_manuals
from evals.bench.floor import BareEmbedder
from evals.bench.targets import Measure, ingestion
from evals.metrics import median
from graphs.ingest.batch import ingest_all
from graphs.ingest.chunking import context_line
from graphs.ingest.graph import IngestGraph
from graphs.ingest.state import IngestInput
from providers.principal import Principal

WARM_UP = 8
"""Manuals before the clock starts: they start the parser's processes, which last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingestion:
    """The ingest graph as the service runs it."""

    graph: IngestGraph
    database: Database
    principal: Principal
    collection: str
    concurrency: int

    async def run(self, manuals: Sequence[Manual]) -> list[str]:
        """Ingest manuals and return the ids of the documents.

        Raises:
            RuntimeError: one was not indexed; the figures would mean nothing.
        """
        inputs = [
            IngestInput(source=manual.name, collection=self.collection, data=manual.text.encode())
            for manual in manuals
        ]
        ids: list[str] = []
        events = ingest_all(self.graph, self.principal, inputs, concurrency=self.concurrency)
        async for event in events:
            if event["type"] != "document.finished":
                continue
            if event["status"] != "indexed":
                raise RuntimeError(f"{event['source']} was not indexed: {event['message']}")
            ids.append(event["document_id"])
        return ids

    async def texts(self, ids: Sequence[str]) -> list[str]:
        """Return what was embedded for the chunks of some documents."""
        found: list[str] = []
        async with self.database.begin(self.principal, read_only=True) as transaction:
            for document_id in ids:
                document = await transaction.documents.get(document_id)
                title = (document.title if document else None) or ""
                for chunk in await transaction.chunks.of_document(document_id):
                    found.append(f"{context_line(title, chunk.heading_path)}\n{chunk.text}")
        return found


async def measure_ingestion(
    ingestion_path: Ingestion, floor: BareEmbedder, *, manuals: int, rounds: int
) -> Measure:
    """Compare chunks a second in interleaved rounds; the figure is the median of the ratios.

    Each round ingests new manuals, then embeds the same texts with the bare model.
    """
    await ingestion_path.run(make_manuals(WARM_UP, sections=2, seed=0))
    floor.embed(["load the model before the clock starts"])
    shares: list[float] = []
    graph_rate: list[float] = []
    floor_rate: list[float] = []
    for seed in range(1, rounds + 1):
        batch = make_manuals(manuals, seed=1000 + seed)
        started = time.perf_counter()
        ids = await ingestion_path.run(batch)
        graph_s = time.perf_counter() - started
        texts = await ingestion_path.texts(ids)
        started = time.perf_counter()
        floor.embed(texts)
        floor_s = time.perf_counter() - started
        shares.append(floor_s / graph_s)
        graph_rate.append(len(texts) / graph_s)
        floor_rate.append(len(texts) / floor_s)
    return ingestion(
        median(shares),
        graph_chunks_per_s=round(median(graph_rate), 1),
        floor_chunks_per_s=round(median(floor_rate), 1),
        rounds=rounds,
        manuals=manuals * rounds,
    )
