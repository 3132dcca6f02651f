"""The job that ingests a batch of files."""

import shutil
from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import anyio

from data.database import Database
from graphs.ingest import events
from graphs.ingest.batch import ingest_all
from graphs.ingest.graph import IngestGraph
from graphs.ingest.state import IngestInput
from providers.principal import Principal
from providers.protocols import VectorStore
from service.errors import CapabilityDisabledError
from service.runner import Reporter
from service.schemas import IngestedDocument, IngestReport


class IngestHandler:
    """Runs the ingest graph over the files of a job; ingesting again changes nothing."""

    def __init__(
        self,
        graph: IngestGraph | None,
        database: Database,
        vectors: VectorStore | None,
        *,
        concurrency: int,
    ) -> None:
        self._graph = graph
        self._database = database
        self._vectors = vectors
        self._concurrency = concurrency

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        """Ingest every file of the job and report what became of each."""
        if self._graph is None:
            raise CapabilityDisabledError("nothing can be ingested: parser.enabled is false")
        started = perf_counter()
        outcomes: list[IngestedDocument] = []
        inputs = _inputs(payload, reporter.job_id)
        work = ingest_all(self._graph, principal, inputs, concurrency=self._concurrency)
        # Closed here and now: a job that is stopped must not go on behind a closed database.
        async with aclosing(work):
            async for event in work:
                data = {key: value for key, value in event.items() if key != "type"}
                if event["type"] == events.FINISHED:
                    outcomes.append(IngestedDocument.model_validate(data))
                await reporter.event(event["type"], data, done=len(outcomes))
        await self._optimize(principal, payload["collection"])
        await anyio.to_thread.run_sync(_remove, payload.get("folder"))
        return summarise(outcomes, perf_counter() - started).model_dump(mode="json")

    async def _optimize(self, principal: Principal, collection: str) -> None:
        """Let the store build its search structures, once for the whole batch."""
        async with self._database.begin(principal, read_only=True) as tx:
            row = await tx.collections.get(collection)
        if self._vectors is not None and row is not None and row.live_index is not None:
            await self._vectors.optimize(row.live_index)


def _inputs(payload: Mapping[str, Any], job_id: str) -> list[IngestInput]:
    began = payload.get("began_at")  # a job of an earlier release does not say
    return [
        IngestInput(
            source=file["source"],
            data_path=Path(file["path"]),
            collection=payload["collection"],
            job_id=job_id,
            began_at=None if began is None else datetime.fromisoformat(began),
        )
        for file in payload["files"]
    ]


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
