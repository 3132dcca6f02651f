"""Runs jobs in this process, one after the other; the job table makes them survive a restart."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Protocol

import structlog

from data.database import Database
from data.models import Job
from providers.principal import Principal, Role
from service.correlation import start_trace

log = structlog.get_logger("cicerone.jobs")


class Reporter:
    """What a job tells of itself while it runs."""

    def __init__(self, database: Database, principal: Principal, job_id: str) -> None:
        self._database = database
        self._principal = principal
        self.job_id = job_id
        self.news = asyncio.Event()

    async def event(self, kind: str, data: dict[str, Any], *, done: int | None = None) -> None:
        """Record a step, and how many items are done if that changed."""
        async with self._database.begin(self._principal) as tx:
            await tx.jobs.append_event(self.job_id, kind, data)
            if done is not None:
                await tx.jobs.progress(self.job_id, done=done)
        self.wake()

    def wake(self) -> None:
        """Wake those who follow the job."""
        self.news.set()
        self.news = asyncio.Event()


class JobHandler(Protocol):
    """Does the work of one kind of job; must be idempotent, since a restart repeats it."""

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        """Return the job's result."""
        ...


class InlineRunner:
    """A queue and one worker task; each job runs under the principal that submitted it."""

    def __init__(self, database: Database, handlers: Mapping[str, JobHandler]) -> None:
        self._database = database
        self._handlers = handlers
        self._queue: asyncio.Queue[tuple[Principal, str]] = asyncio.Queue()
        self._reporters: dict[str, Reporter] = {}
        self._worker: asyncio.Task[None] | None = None
        self._running: tuple[str, asyncio.Task[dict[str, Any]]] | None = None

    async def start(self, *, resume: bool) -> None:
        """Start the worker; with `resume` also queue what an earlier process left unfinished."""
        if resume:
            await self._requeue()
        self._worker = asyncio.create_task(self._work(), name="jobs")

    async def _requeue(self) -> None:
        async with self._database.unscoped() as tx:
            left = [(_owner(job), job.id) for job in await tx.jobs.unfinished()]
        for principal, job_id in left:
            async with self._database.begin(principal) as tx:
                await tx.jobs.requeue(job_id)
            log.info("job.resumed", job_id=job_id)
            self.enqueue(principal, job_id)

    async def aclose(self) -> None:
        """Stop; a job that is running stays unfinished in the table and resumes next time."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
            self._worker = None

    def enqueue(self, principal: Principal, job_id: str) -> None:
        """Queue a recorded job."""
        self._reporters[job_id] = Reporter(self._database, principal, job_id)
        self._queue.put_nowait((principal, job_id))

    def cancel(self, job_id: str) -> None:
        """Stop the job if it is running here."""
        if self._running is not None and self._running[0] == job_id:
            self._running[1].cancel()

    def news(self, job_id: str) -> asyncio.Event:
        """Return an event that is set when the job next tells something."""
        reporter = self._reporters.get(job_id)
        return reporter.news if reporter is not None else asyncio.Event()

    async def _work(self) -> None:
        while True:
            principal, job_id = await self._queue.get()
            start_trace()
            try:
                await self._run(principal, job_id)
            finally:
                self._reporters.pop(job_id).wake()

    async def _run(self, principal: Principal, job_id: str) -> None:
        async with self._database.begin(principal) as tx:
            job = await tx.jobs.start(job_id)
        if job is None:
            return
        handler, reporter = self._handlers[job.kind], self._reporters[job_id]
        task = asyncio.ensure_future(handler(principal, job.payload, reporter))
        self._running = (job_id, task)
        try:
            result = await task
        except asyncio.CancelledError:
            if not task.cancelled() or _stopping():
                task.cancel()
                raise
            await self._end_cancelled(principal, job_id)
        except Exception as error:
            log.exception("job.failed", job_id=job_id)
            async with self._database.begin(principal) as tx:
                await tx.jobs.fail(job_id, str(error) or type(error).__name__)
        else:
            async with self._database.begin(principal) as tx:
                await tx.jobs.finish(job_id, result)
        finally:
            self._running = None

    async def _end_cancelled(self, principal: Principal, job_id: str) -> None:
        async with self._database.begin(principal) as tx:
            await tx.jobs.cancel(job_id)


def _stopping() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _owner(job: Job) -> Principal:
    return Principal(tenant_id=job.tenant_id, subject=job.subject, roles=frozenset({Role.EDITOR}))
