"""Ingests files in batches, each a job, and adds up what became of them."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Final

import anyio

from cli.backend import Backend
from cli.files import LocalFile, batches
from service.schemas import DocumentStatus, IngestedDocument, IngestReport, JobEvent

MAX_BATCH_FILES: Final = 64
MAX_BATCH_BYTES: Final = 32 * 2**20
"""Keeps an upload well below the server's default limit of 100 MiB a request."""

Announce = Callable[[str, int], None]
"""Is told what happens, and how many files are done."""


async def ingest_files(
    backend: Backend, collection: str, files: Sequence[LocalFile], announce: Announce
) -> IngestReport:
    """Ingest the files; a file that cannot be used is in the report, not an error."""
    started = time.perf_counter()
    readable = [file for file in files if os.access(file.path, os.R_OK)]
    documents = [_failed(file, "the file cannot be read") for file in files if file not in readable]
    for batch in batches(readable, max_files=MAX_BATCH_FILES, max_bytes=MAX_BATCH_BYTES):
        documents += await _ingest_batch(backend, collection, batch, len(documents), announce)
    return IngestReport(
        documents=documents,
        pages=sum(document.pages or 0 for document in documents),
        chunks=sum(document.chunks for document in documents),
        seconds=round(time.perf_counter() - started, 3),
    )


async def _ingest_batch(
    backend: Backend,
    collection: str,
    batch: Sequence[LocalFile],
    before: int,
    announce: Announce,
) -> list[IngestedDocument]:
    announce(batch[0].source, before)
    job = await backend.submit(collection, batch)
    finished: set[str] = set()
    try:
        async for event in backend.job_events(job.job_id):
            _follow(event, finished)
            announce(_wording(event), before + len(finished))
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await backend.steer_job(job.job_id, "cancel")
        raise
    job = await backend.job(job.job_id)
    if job.result is not None:
        return IngestReport.model_validate(job.result).documents
    reason = job.message or f"the job {job.job_id} was {job.status.value}"
    return [_failed(file, reason) for file in batch]


def is_clean(report: IngestReport) -> bool:
    """Tell whether no file was quarantined and none failed."""
    bad = {DocumentStatus.QUARANTINED, DocumentStatus.FAILED}
    return not any(document.status in bad for document in report.documents)


def _follow(event: JobEvent, finished: set[str]) -> None:
    if event.type == "document.finished":
        finished.add(str(event.data["source"]))


def _wording(event: JobEvent) -> str:
    if event.type == "job.retrying":
        return f"trying again in {event.data['in_s']} s: {event.data['message']}"
    source, stage = event.data.get("source"), event.data.get("stage")
    return " ".join(str(part) for part in (source or event.type, stage) if part)


def _failed(file: LocalFile, message: str) -> IngestedDocument:
    return IngestedDocument(
        source=file.source,
        document_id=None,
        version=None,
        status=DocumentStatus.FAILED,
        message=message,
    )
