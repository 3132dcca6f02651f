"""Runs jobs in this process; the job table makes them survive it, and lets others share them."""

import asyncio
import os
import socket
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

import structlog

from data.database import Database
from data.errors import DatabaseError
from providers.principal import Principal
from service.attempts import Attempt, JobRules
from service.correlation import start_trace
from service.reporting import JobHandler
from service.retrying import Backoff
from service.settings import JobSettings
from service.sweeping import Sweeper
from service.tracing.tracer import Tracer

SETTLE_S: Final = 5.0
"""How long a job that was cut short may take to write down where it stands."""

log = structlog.get_logger("cicerone.jobs")


@dataclass(frozen=True, slots=True)
class _Waiting:
    principal: Principal
    job_id: str


class InlineRunner:
    """A queue and a few worker tasks; each job runs under the principal that submitted it.

    The queue only says what to look at: who runs a job is decided in the table, so that
    several processes may share one PostgreSQL.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, JobHandler],
        settings: JobSettings,
        tracer: Tracer | None = None,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._settings = settings
        self._sweeper = Sweeper(database, handlers, stale_after_s=settings.stale_after_s)
        self._rules = JobRules(
            backoff=Backoff(base_s=settings.retry_base_s, max_s=settings.retry_max_s),
            heartbeat_s=settings.heartbeat_s,
            grace_s=settings.drain_timeout_s,
            tracer=tracer,
        )
        self._worker = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()
        self._queued: set[str] = set()
        self._running: dict[str, Attempt] = {}
        self._news: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()
        self._workers: list[asyncio.Task[None]] = []
        self._others: list[asyncio.Task[None]] = []
        self._timers: set[asyncio.TimerHandle] = set()
        self._closing = False

    async def start(self, *, resume: bool) -> None:
        """Start the workers; with `resume` they also take what other processes left or queued."""
        if resume:
            await self._look(alone=self._database.dialect == "sqlite")
            self._others.append(asyncio.create_task(self._keep_looking(), name="job sweeper"))
        for number in range(self._settings.parallel):
            self._workers.append(asyncio.create_task(self._work(), name=f"jobs {number}"))

    async def aclose(self) -> None:
        """Stop in good order: running jobs stop at a safe place and go on at the next start.

        What takes longer than `jobs.drain_timeout_s` is cut, and repeats its last step.
        """
        self._closing = True
        for timer in self._timers:
            timer.cancel()
        for attempt in self._running.values():
            attempt.stop("shutdown")
        for _ in self._workers:
            self._queue.put_nowait(None)
        if self._workers:
            patience = self._settings.drain_timeout_s + SETTLE_S
            await asyncio.wait(self._workers, timeout=patience)
        left = [*self._workers, *self._others]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def enqueue(self, principal: Principal, job_id: str) -> None:
        """Take note of a recorded job."""
        self._put(principal, job_id)

    def cancel(self, job_id: str) -> None:
        """Stop the job soon if it is running here; elsewhere its worker sees it in the table."""
        self._stop(job_id, "cancel")

    def pause(self, job_id: str) -> None:
        """Let the job rest soon if it is running here."""
        self._stop(job_id, "pause")

    def news(self, job_id: str) -> asyncio.Event:
        """Return an event that is set when the job next tells something."""
        attempt = self._running.get(job_id)
        if attempt is not None:
            return attempt.reporter.news
        return self._news.setdefault(job_id, asyncio.Event())

    def _stop(self, job_id: str, reason: str) -> None:
        attempt = self._running.get(job_id)
        if attempt is not None:
            attempt.stop(reason)
        self._wake(job_id)

    def _put(self, principal: Principal, job_id: str) -> None:
        if job_id not in self._queued:
            self._queued.add(job_id)
            self._queue.put_nowait(_Waiting(principal, job_id))

    def _wake(self, job_id: str) -> None:
        event = self._news.pop(job_id, None)
        if event is not None:
            event.set()

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._settings.sweep_s)
            try:
                await self._look(alone=False)
            except DatabaseError as error:
                log.warning("job.sweep_failed", error=str(error))

    async def _look(self, *, alone: bool) -> None:
        for principal, job_id in await self._sweeper.sweep(alone=alone):
            self._put(principal, job_id)

    async def _work(self) -> None:
        while (waiting := await self._queue.get()) is not None and not self._closing:
            self._queued.discard(waiting.job_id)
            start_trace()
            try:
                await self._run(waiting)
            except DatabaseError as error:
                log.warning("job.not_claimed", job_id=waiting.job_id, error=str(error))
                self._later(self._settings.sweep_s, waiting.principal, waiting.job_id)

    async def _run(self, waiting: _Waiting) -> None:
        principal, job_id = waiting.principal, waiting.job_id
        attempt = Attempt(
            self._database,
            self._handlers,
            principal,
            job_id,
            worker=self._worker,
            rules=self._rules,
        )
        self._running[job_id] = attempt
        self._wake(job_id)
        try:
            ending = await attempt.run()
        finally:
            del self._running[job_id]
            attempt.reporter.wake()
        if ending is not None and ending.delay_s is not None:
            self._later(ending.delay_s, principal, job_id)

    def _later(self, delay_s: float, principal: Principal, job_id: str) -> None:
        def now_due() -> None:
            self._timers.discard(timer)
            self._put(principal, job_id)

        # A little later than the row says, so that it is due when it is looked at.
        timer = asyncio.get_running_loop().call_later(delay_s + 0.05, now_due)
        self._timers.add(timer)
