"""Asks questions with reference answers of a service that is there, or of a scratch one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cli.backend import Backend, open_backend
from cli.evaluating import Progress, contents, index_rows, ingest_into
from cli.files import LocalFile
from cli.local import LocalBackend
from cli.problems import Problem, ProblemError
from cli.scratch import COLLECTION, Fill, scratch_container
from evals.beir import CorpusRow
from evals.citations import Place
from evals.qa import Cited, Given, QaRow, evaluate_qa
from service.container import Container
from service.schemas import AskRequest
from service.settings import Settings


async def qa_of_collection(
    settings: Settings, rows: Sequence[QaRow], collection: str, progress: Progress
) -> dict[str, Any]:
    """Ask the service of the home, wherever it runs."""
    async with open_backend(settings) as backend:
        return await _evaluate(backend, collection, rows, progress)


async def qa_of_corpus(
    settings: Settings,
    rows: Sequence[QaRow],
    corpus: Sequence[CorpusRow],
    *,
    index_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Index a corpus in a scratch home and ask there."""

    async def fill(container: Container) -> dict[str, Any]:
        return await index_rows(container, corpus, progress)

    content = (row.model_dump_json().encode() for row in corpus)
    async with scratch_container(settings, content, fill, index_dir) as (container, built):
        report = await _evaluate(LocalBackend(container), COLLECTION, rows, progress)
    return {**report, **built}


async def qa_of_files(
    settings: Settings,
    rows: Sequence[QaRow],
    files: Sequence[LocalFile],
    *,
    index_dir: Path | None,
    progress: Progress,
) -> dict[str, Any]:
    """Ingest files into a scratch home and ask there."""
    fill: Fill = ingest_into(files, progress)
    async with scratch_container(settings, contents(files), fill, index_dir) as (container, built):
        report = await _evaluate(LocalBackend(container), COLLECTION, rows, progress)
    return {**report, **built}


async def _evaluate(
    backend: Backend, collection: str, rows: Sequence[QaRow], progress: Progress
) -> dict[str, Any]:
    degraded: set[str] = set()

    async def ask(question: str) -> Given:
        return await ask_once(
            backend, AskRequest(question=question, collection=collection), degraded
        )

    report = await evaluate_qa(rows, ask, progress=lambda done: progress("asking", done, len(rows)))
    return {**report, "degraded": sorted(degraded)}


async def ask_once(backend: Backend, request: AskRequest, degraded: set[str]) -> Given:
    """Ask one question and keep what an evaluation looks at.

    Raises:
        ProblemError: the service could not answer.
    """
    passages: dict[str, str] = {}
    async for event in backend.ask(request):
        if event.type == "passages.retrieved":
            passages |= {hit["chunk_id"]: hit["text"] for hit in event.data["hits"]}
        elif event.type == "error":
            raise ProblemError(Problem.model_validate(event.data))
        elif event.type == "run.finished":
            answer = event.data
    degraded.update(answer["degraded"])
    return Given(
        answer=answer["answer"],
        abstained=answer["abstained"],
        citations=[cited(citation) for citation in answer["citations"]],
        passages=passages,
    )


def cited(citation: dict[str, Any]) -> Cited:
    """Read a citation as the service shows it."""
    return Cited(
        marker=citation["marker"],
        chunk_id=citation["chunk_id"],
        place=Place(citation["source"], citation["page"]),
        quote=citation["quote"],
    )
