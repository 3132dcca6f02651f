"""Runs evaluations against a service in a scratch home."""

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from cli.files import LocalFile
from cli.ingesting import ingest_files
from cli.local import LocalBackend
from cli.scratch import COLLECTION, Fill, scratch_container
from evals.answers import Answered, GoldenRow, evaluate_answers
from evals.beir import CorpusRow, RetrievalSet
from evals.citations import HeadingQuestion, Place, evaluate_citations
from evals.indexing import Indexer, index_corpus
from evals.ranking import GraphRanker
from evals.retrieval import evaluate_retrieval
from graphs.query.state import Mode
from providers.principal import local_principal
from service.container import Container
from service.schemas import AskRequest, SearchRequest
from service.settings import Settings

Progress = Callable[[str, int, int], None]
"""Is told what is going on, how much of it is done, and how much there is."""


async def run_retrieval(
    settings: Settings,
    dataset: RetrievalSet,
    *,
    mode: str,
    rerank: bool | None,
    index_dir: Path | None,
    run: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Index a judged corpus and rank its queries; `run` is a file for the rankings."""

    async def fill(container: Container) -> dict[str, Any]:
        return await index_rows(container, dataset.corpus, progress)

    content = (row.model_dump_json().encode() for row in dataset.corpus)
    async with scratch_container(settings, content, fill, index_dir) as (container, built):
        ranker = GraphRanker(
            search=container.workflows.search,
            principal=local_principal(),
            collection=COLLECTION,
            mode=Mode(mode),
            rerank=rerank,
        )
        report = await evaluate_retrieval(
            dataset,
            ranker.first,
            ranker.all,
            progress=lambda done: progress("asking", done, len(dataset.queries)),
            run=run,
        )
    return {**report, "mode": mode, **built, "degraded": sorted(ranker.degraded)}


async def index_rows(
    container: Container, corpus: Sequence[CorpusRow], progress: Progress
) -> dict[str, Any]:
    """Index a corpus into the collection of the evaluation; returns its speed."""
    providers = container.providers
    store = providers.vector_store
    if store is None:
        raise RuntimeError("the service was opened without a vector store")
    indexer = Indexer(
        database=container.database,
        store=store,
        embedder=providers.embedder,
        sparse_encoder=providers.sparse_encoder,
        chunks=container.settings.ingest.chunk,
        principal=local_principal(),
    )
    if providers.embedder is not None:
        await providers.embedder.token_spans("load the model before the clock starts")
    started = time.perf_counter()
    await index_corpus(
        indexer, COLLECTION, corpus, progress=lambda done: progress("indexing", done, len(corpus))
    )
    return {"docs_per_s": round(len(corpus) / (time.perf_counter() - started), 2)}


async def run_citations(
    settings: Settings,
    files: Sequence[LocalFile],
    questions: Sequence[HeadingQuestion],
    *,
    index_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Ingest manuals and ask for the page of each heading."""
    opened = scratch_container(settings, contents(files), ingest_into(files, progress), index_dir)
    async with opened as (container, built):
        degraded: set[str] = set()

        async def locate(query: str, k: int) -> list[Place]:
            request = SearchRequest(query=query, collection=COLLECTION, k=k)
            found = await container.answering.search(local_principal(), request)
            degraded.update(found.degraded)
            return [Place(hit.source, hit.page) for hit in found.hits]

        report = await evaluate_citations(
            questions, locate, progress=lambda done: progress("asking", done, len(questions))
        )
    return {**report, **built, "degraded": sorted(degraded)}


async def run_answers(
    settings: Settings,
    files: Sequence[LocalFile],
    rows: Sequence[GoldenRow],
    *,
    index_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Ingest documents and ask golden questions of them."""
    opened = scratch_container(settings, contents(files), ingest_into(files, progress), index_dir)
    async with opened as (container, built):
        degraded: set[str] = set()

        async def ask(question: str) -> Answered:
            return await _ask(container, question, degraded)

        report = await evaluate_answers(
            rows, ask, progress=lambda done: progress("asking", done, len(rows))
        )
    return {**report, **built, "degraded": sorted(degraded)}


async def _ask(container: Container, question: str, degraded: set[str]) -> Answered:
    found: list[Place] = []
    cited: list[Place] = []
    abstained = True
    request = AskRequest(question=question, collection=COLLECTION, cache=False)
    async for event in container.answering.ask(local_principal(), request):
        if event.type == "passages.retrieved":
            found = _places(event.data["hits"])
        elif event.type == "run.finished":
            cited, abstained = _places(event.data["citations"]), event.data["abstained"]
            degraded.update(event.data["degraded"])
    return Answered(found=found, cited=cited, abstained=abstained)


def _places(items: Iterable[dict[str, Any]]) -> list[Place]:
    return [Place(item["source"], item["page"]) for item in items]


def ingest_into(files: Sequence[LocalFile], progress: Progress) -> Fill:
    """Return what ingests files into a scratch home."""

    async def fill(container: Container) -> dict[str, Any]:
        report = await ingest_files(
            LocalBackend(container),
            COLLECTION,
            files,
            lambda message, done: progress(message, done, len(files)),
        )
        bad = [d for d in report.documents if d.status.value in {"quarantined", "failed"}]
        return {
            "documents": len(report.documents),
            "pages": report.pages,
            "chunks": report.chunks,
            "seconds": report.seconds,
            "left_out": [
                {"source": d.source, "why": d.reason or d.message or d.status.value} for d in bad
            ],
        }

    return fill


def contents(files: Sequence[LocalFile]) -> Iterator[bytes]:
    """Yield what files are made of, to name the index of them."""
    for file in files:
        with file.path.open("rb") as stream:
            yield file.source.encode() + hashlib.file_digest(stream, "sha256").digest()
