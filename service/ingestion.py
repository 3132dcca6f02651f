"""The job that ingests a batch of files."""

import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import anyio
from pydantic import TypeAdapter

from data.database import Database
from graphs.identity import config_for
from graphs.ingest import events
from graphs.ingest.batch import Batch, thread_id_of, thread_ids
from graphs.ingest.graph import IngestGraph, with_checkpoints
from graphs.ingest.state import IngestInput, IngestOutcome, IngestState, Provenance
from providers.principal import Principal
from providers.protocols import VectorStore
from service.checkpoints import Checkpoints
from service.errors import CapabilityDisabledError
from service.reporting import JobEnd, JobStoppedError, Reporter
from service.schemas import DocumentStatus, IngestedDocument, IngestReport, JobStatus

Abandon = Callable[[Principal, IngestState], Awaitable[None]]
"""Takes back what the run of a document has done, when it will not go on."""
PROVENANCE = TypeAdapter(Provenance)


class IngestHandler:
    """Runs the ingest graph over the files of a job, and goes on where an earlier attempt was.

    Without an object store, `scratch` is the folder of intermediate results.
    """

    def __init__(
        self,
        graph: IngestGraph | None,
        abandon: Abandon | None,
        database: Database,
        vectors: VectorStore | None,
        checkpoints: Checkpoints,
        *,
        concurrency: int,
        scratch: Path | None = None,
    ) -> None:
        self._plain = graph
        self._abandon = abandon
        self._database = database
        self._vectors = vectors
        self._checkpoints = checkpoints
        self._concurrency = concurrency
        self._scratch = scratch
        self._graph: IngestGraph | None = None

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any] | JobEnd:
        """Ingest every file of the job and report what became of each."""
        started = perf_counter()
        batch = Batch(
            await self.resumable(),
            principal,
            inputs_of(payload, reporter.job_id),
            concurrency=self._concurrency,
            thread_id=reporter.job_id,
            saver=await self._checkpoints.saver(),
            control=reporter.control,
        )
        await _follow(batch, reporter)
        result = batch.result
        if result.left:
            if result.failure is not None and not reporter.control.drain_requested:
                raise result.failure
            raise JobStoppedError
        await self.optimize(principal, payload["collection"])
        return end_of(result.outcomes, perf_counter() - started)

    async def clean(
        self, principal: Principal, job_id: str, payload: Mapping[str, Any], status: JobStatus
    ) -> None:
        """Take back what is half done, and remove checkpoints and uploads nobody needs."""
        files = len(payload["files"])
        if status in (JobStatus.CANCELLED, JobStatus.FAILED):
            for number in range(files):
                await self._take_back(principal, thread_id_of(job_id, number))
        else:  # the others may be tried again
            await anyio.to_thread.run_sync(_remove, payload.get("folder"))
        await self._checkpoints.forget(thread_ids(job_id, files))
        if self._scratch is not None and not await self._busy():
            await anyio.to_thread.run_sync(_remove, str(self._scratch))

    async def resumable(self) -> IngestGraph:
        """Return the graph that keeps checkpoints.

        Raises:
            CapabilityDisabledError: there is no parser.
        """
        if self._plain is None:
            raise CapabilityDisabledError("nothing can be ingested: parser.enabled is false")
        if self._graph is None:
            self._graph = with_checkpoints(self._plain, await self._checkpoints.saver())
        return self._graph

    async def _take_back(self, principal: Principal, thread_id: str) -> None:
        config = config_for(principal)
        config["configurable"]["thread_id"] = thread_id
        found = await (await self.resumable()).aget_state(config)
        if self._abandon is not None and "outcome" not in found.values:
            await self._abandon(principal, cast("IngestState", found.values))

    async def _busy(self) -> bool:
        async with self._database.unscoped(read_only=True) as tx:
            return bool(await tx.jobs.unfinished())

    async def optimize(self, principal: Principal, collection: str) -> None:
        """Let the store build its search structures, once for the whole batch."""
        async with self._database.begin(principal, read_only=True) as tx:
            row = await tx.collections.get(collection)
        if self._vectors is not None and row is not None and row.live_index is not None:
            await self._vectors.optimize(row.live_index)


async def _follow(batch: Batch, reporter: Reporter) -> None:
    """Record what the batch tells; each file is said to be finished once, also over restarts."""
    told = Counter(await reporter.told())
    done, before = told.total(), told.copy()
    # Closed here and now: a job that is stopped must not go on behind a closed database.
    async with aclosing(batch.events()) as work:
        async for event in work:
            if event["type"] == events.FINISHED:
                if before[event["source"]]:
                    before[event["source"]] -= 1
                    continue
                told[event["source"]] += 1
                done += 1
            await reporter.event(event["type"], _data(event), done=done)
    for outcome in batch.result.outcomes:
        if told[outcome.source]:
            told[outcome.source] -= 1
            continue
        done += 1
        await reporter.event(events.FINISHED, _data(events.finished(outcome)), done=done)


def _data(event: events.IngestEvent) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key != "type"}


def inputs_of(payload: Mapping[str, Any], job_id: str) -> list[IngestInput]:
    """Read the files of a job's payload; their order is the order of their numbers."""
    return [
        IngestInput(
            source=file["source"],
            data_path=Path(file["path"]) if "path" in file else None,
            object_key=file.get("object_key"),
            media_type=file.get("media_type", ""),
            provenance=PROVENANCE.validate_python(file["provenance"])
            if file.get("provenance")
            else None,
            collection=payload["collection"],
            job_id=job_id,
        )
        for file in payload["files"]
    ]


def end_of(outcomes: Sequence[IngestOutcome], seconds: float) -> dict[str, Any] | JobEnd:
    """Tell how a job ended that has taken all its files to their outcomes."""
    documents = [IngestedDocument.model_validate(outcome) for outcome in outcomes]
    report = summarise(documents, seconds).model_dump(mode="json")
    troubled = [outcome for outcome in outcomes if outcome.may_pass]
    if troubled:
        message = (
            f"{len(troubled)} of {len(outcomes)} files could not be ingested; "
            f"{troubled[0].source}: {troubled[0].message}"
        )
        return JobEnd(
            report=report,
            status=JobStatus.FAILED,
            reason="attempts-used-up",
            message=message,
            dead=True,
        )
    if documents and all(item.status is DocumentStatus.QUARANTINED for item in documents):
        reasons = ", ".join(sorted({item.reason or "" for item in documents}))
        return JobEnd(
            report=report,
            status=JobStatus.QUARANTINED,
            message=f"none of the files can be used ({reasons})",
        )
    return report


def summarise(outcomes: list[IngestedDocument], seconds: float) -> IngestReport:
    """Add up what became of a batch, in the order of its sources."""
    return IngestReport(
        documents=sorted(outcomes, key=lambda outcome: outcome.source),
        pages=sum(outcome.pages or 0 for outcome in outcomes),
        chunks=sum(outcome.chunks for outcome in outcomes),
        seconds=round(seconds, 3),
    )


def _remove(folder: str | None) -> None:
    if folder and Path(folder).is_dir():
        shutil.rmtree(folder)
