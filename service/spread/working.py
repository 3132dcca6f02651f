"""Opens the service in a worker process, and puts together what its tasks ask for."""

import asyncio
import os
import socket
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import structlog

from data.repositories.work_items import WorkPlace
from service.attempts import JobRules
from service.container import Container, Due, open_container
from service.errors import SettingsError
from service.ingestion import IngestHandler
from service.intake import Intake
from service.library import INGEST
from service.metrics.serving import served_metrics
from service.retrying import Backoff
from service.settings import Settings
from service.spread.dispatching import Dispatcher
from service.spread.documents import DocumentWorker
from service.spread.ending import IngestEnding
from service.spread.jobs import JobWorker
from service.spread.post import Post
from service.spread.runner import SpreadRunner
from service.spread.sweeping import SpreadSweeper
from service.sweeping import Sweeper

log = structlog.get_logger("cicerone.jobs")

SPREAD_KINDS: Final = frozenset({INGEST})
"""Kinds of jobs whose documents go to many workers; the others are done as a whole."""


class ContainerWork:
    """What the tasks of a worker process ask for, over an open service.

    Each of `due` runs the schedules of one kind whose time has come, and takes a due time
    only once, whoever asks.
    """

    def __init__(
        self,
        documents: DocumentWorker,
        jobs: JobWorker,
        sweeper: SpreadSweeper,
        due: Sequence[Due] = (),
    ) -> None:
        self._documents = documents
        self._jobs = jobs
        self._due = due
        self.sweeper = sweeper

    async def job(self, tenant_id: str, job_id: str) -> None:
        """Look at a job."""
        await self._jobs.run(tenant_id, job_id)

    async def document(self, place: WorkPlace) -> None:
        """Take a document through a stage."""
        await self._documents.run(place)

    async def tick(self) -> None:
        """Run the schedules that are due; one kind that fails does not stop the others."""
        for run_due in self._due:
            try:
                await run_due()
            except Exception:
                log.exception("schedules.failed")

    async def drain(self) -> None:
        """Let what runs stop at its next safe place."""
        self._documents.drain()
        self._jobs.drain()


@asynccontextmanager
async def open_work(settings: Settings, number: int = 0) -> AsyncIterator[ContainerWork]:
    """Open the service as a worker: it owns no home, and sweeps until it is closed.

    `number` counts the worker's processes; each serves its metrics at a port of its own.

    Raises:
        SettingsError: the jobs of these settings are not spread over workers, or the port of the
            metrics is taken.
        DatabaseError: the database cannot be reached, or needs `cicerone db upgrade`.
    """
    async with open_container(settings, owner=False) as container:
        if not isinstance(container.runner, SpreadRunner):
            raise SettingsError("jobs.runner: `cicerone worker` needs it to be celery")
        work = assemble(container, container.runner.post)
        served = served_metrics(settings.metrics, container.exposition.text, number)
        sweeping = asyncio.create_task(work.sweeper.keep_sweeping(), name="job sweeper")
        try:
            async with served:
                yield work
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)


def assemble(container: Container, post: Post) -> ContainerWork:
    """Put together what a worker does, over an open service that has an object store."""
    settings, database = container.settings.jobs, container.database
    handler, objects = container.handlers[INGEST], container.providers.object_store
    if not isinstance(handler, IngestHandler) or objects is None:
        raise AssertionError("a service whose jobs are spread has both")
    worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    rules = JobRules(
        backoff=Backoff(base_s=settings.retry_base_s, max_s=settings.retry_max_s),
        heartbeat_s=settings.heartbeat_s,
        grace_s=settings.drain_timeout_s,
        tracer=container.tracer,
    )
    ending = IngestEnding(database, INGEST, handler, Intake(objects))
    dispatcher = Dispatcher(database, post, ending, settings.celery)
    return ContainerWork(
        DocumentWorker(database, handler.resumable, post, dispatcher, rules=rules, worker=worker),
        JobWorker(
            database,
            container.handlers,
            dispatcher,
            spread_kinds=SPREAD_KINDS,
            rules=rules,
            worker=worker,
        ),
        SpreadSweeper(
            database,
            post,
            dispatcher,
            Sweeper(database, container.handlers, stale_after_s=settings.stale_after_s),
            settings=settings,
        ),
        container.due,
    )
