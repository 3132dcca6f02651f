"""One attempt at one job: from its claim to what its row says afterwards."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog

from data.columns import now
from data.database import Database
from data.errors import DatabaseError
from data.models import Job
from data.repositories.jobs import JobRepository
from graphs.trouble import may_pass
from providers.principal import Principal
from providers.telemetry import Doing, SpanKind, nothing
from service.errors import JobKindError
from service.reporting import Cleans, JobEnd, JobHandler, JobStoppedError, Reporter
from service.retrying import Backoff, slug_of
from service.schemas import JobStatus
from service.tracing.tracer import Tracer

log = structlog.get_logger("cicerone.jobs")

SETTLE_TRIES: Final = 8
"""How often the end of an attempt is written down; after that a sweep finds the job."""
SETTLING: Final = Backoff(base_s=1.0, max_s=30.0)
_NO_HANDLER: Final = (
    "nothing here does jobs of the kind {kind!r}; run the release that queued it, or cancel it"
)
_CHANCE = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRules:
    """How attempts are made; seconds.

    `grace_s`: what a job that is asked to stop may take until it is at a safe place. `tracer`
    records what is done.
    """

    backoff: Backoff
    heartbeat_s: float
    grace_s: float = 15.0
    tracer: Tracer | None = None

    def recorded(self, kind: str, principal: Principal, **said: Any) -> Doing:
        """Return a context manager for work at a job, as a run of its own trace."""
        if self.tracer is None:
            return nothing()
        return self.tracer.run(f"job.{kind}", SpanKind.JOB, principal, **said)


@dataclass(frozen=True, slots=True)
class Ending:
    """What an attempt comes to: the event that tells it, and the change of the row.

    `delay_s` is the wait before the next attempt, None when there will be none of itself.
    """

    status: JobStatus
    event: str
    data: dict[str, Any]
    change: Callable[[JobRepository], Awaitable[bool]]
    delay_s: float | None = None


async def run_job(
    database: Database,
    handlers: Mapping[str, JobHandler],
    principal: Principal,
    job_id: str,
    *,
    worker: str,
    rules: JobRules,
) -> Ending | None:
    """Run one attempt of a job to its end; None when the job was not there to be claimed."""
    return await Attempt(database, handlers, principal, job_id, worker=worker, rules=rules).run()


class Attempt:
    """One attempt at a job. `stop` may be called while `run` runs."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, JobHandler],
        principal: Principal,
        job_id: str,
        *,
        worker: str,
        rules: JobRules,
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._principal = principal
        self._job_id = job_id
        self._worker = worker
        self._rules = rules
        self._lost = False
        self._cut = False
        self._doing: asyncio.Future[Any] | None = None
        self.reporter = Reporter(database, principal, job_id)

    def stop(self, reason: str) -> None:
        """Ask the job to stop at its next safe place: `pause`, `cancel` or `shutdown`.

        After a while it is cut short; what it was at is then done again, or taken back.
        """
        if not self.reporter.control.drain_requested:
            asyncio.get_running_loop().call_later(self._rules.grace_s, self._cut_short)
        self.reporter.control.request_drain(reason)

    def _cut_short(self) -> None:
        if self._doing is not None and not self._doing.done():
            self._cut = True
            self._doing.cancel()

    async def run(self) -> Ending | None:
        """Claim the job, do the work, write down what came of it."""
        async with self._database.begin(self._principal) as tx:
            job = await tx.jobs.start(self._job_id, self._worker)
            if job is None:
                return None
            begun = {"attempt": job.attempts, "max_attempts": job.max_attempts}
            await tx.jobs.append_event(job.id, "job.started", begun)
        self.reporter.wake()
        self.reporter.control.patient = job.attempts < job.max_attempts
        try:
            cancelled = job.cancel_requested
            ending = self._stopped(job, "cancel") if cancelled else await self._work(job)
        except asyncio.CancelledError:
            await asyncio.shield(self._settle(self._stopped(job, "shutdown")))
            raise
        if self._lost:
            log.warning("job.lost", job_id=job.id)
            return None
        await self._settle(ending)
        if ending.status not in (JobStatus.QUEUED, JobStatus.PAUSED):
            await clean(self._handlers, self._principal, job, ending.status)
        return ending

    async def _work(self, job: Job) -> Ending:
        handler = self._handlers.get(job.kind)
        if handler is None:
            return self._failed(job, JobKindError(_NO_HANDLER.format(kind=job.kind)))
        said = {"job_id": job.id, "attempt": job.attempts}
        with self._rules.recorded(job.kind, self._principal, **said) as doing:
            ending = await self._do(job, handler)
            doing.set(outcome=ending.status.value)
            if ending.status is JobStatus.FAILED:
                doing.error = str(ending.data.get("message", "the job failed"))
            return ending

    async def _do(self, job: Job, handler: JobHandler) -> Ending:
        work = asyncio.ensure_future(handler(self._principal, job.payload, self.reporter))
        self._doing = work
        over = asyncio.Event()
        beating = asyncio.create_task(self._beat(work, over))
        try:
            result = await work
        except asyncio.CancelledError:
            if not (self._lost or self._cut):
                work.cancel()
                raise
            return self._stopped(job, self.reporter.control.reason or "shutdown")
        except JobStoppedError:
            return self._stopped(job, self.reporter.control.reason or "shutdown")
        except Exception as error:  # noqa: BLE001 - every failure becomes the job's
            return self._failed(job, error)
        finally:
            over.set()  # and not `cancel`: a beat may be in the middle of its transaction
            await asyncio.gather(beating, work, return_exceptions=True)
        return self._ended(result)

    async def _beat(self, work: "asyncio.Future[Any]", over: asyncio.Event) -> None:
        """Show signs of life, and take in what others ask of the job."""
        while not await _within(over, self._rules.heartbeat_s):
            try:
                async with self._database.begin(self._principal) as tx:
                    job = await tx.jobs.beat(self._job_id, self._worker)
            except DatabaseError as error:
                log.warning("job.heartbeat_failed", job_id=self._job_id, error=str(error))
                continue
            if job is None:  # it was taken for dead, and another worker has it
                self._lost = True
                work.cancel()
                return
            if job.cancel_requested:
                self.stop("cancel")
            elif job.pause_requested:
                self.stop("pause")

    def _ended(self, result: dict[str, Any] | JobEnd) -> Ending:
        if isinstance(result, dict):
            return self._finished(
                JobStatus.SUCCEEDED,
                lambda jobs: jobs.finish(self._job_id, result, worker=self._worker),
            )
        end = result
        if end.status is JobStatus.QUARANTINED:
            return self._finished(
                end.status,
                lambda jobs: jobs.quarantine(
                    self._job_id, end.report, end.message, worker=self._worker
                ),
                message=end.message,
            )
        return self._finished(
            JobStatus.FAILED,
            lambda jobs: jobs.fail(
                self._job_id,
                end.message,
                end.report,
                reason=end.reason,
                dead=end.dead,
                worker=self._worker,
            ),
            message=end.message,
            reason=end.reason,
        )

    def _failed(self, job: Job, error: Exception) -> Ending:
        reason, message = slug_of(error), str(error) or type(error).__name__
        passing = may_pass(error)
        if not passing:
            log.error("job.failed", job_id=job.id, exc_info=error)
        if not passing or job.attempts >= job.max_attempts:
            return self._finished(
                JobStatus.FAILED,
                lambda jobs: jobs.fail(
                    job.id, message, reason=reason, dead=passing, worker=self._worker
                ),
                message=message,
                reason=reason,
            )
        delay = self._rules.backoff.delay_s(job.attempts, _CHANCE)
        log.warning("job.retrying", job_id=job.id, reason=reason, in_s=round(delay, 1))
        return Ending(
            JobStatus.QUEUED,
            "job.retrying",
            {
                "attempt": job.attempts,
                "max_attempts": job.max_attempts,
                "in_s": round(delay, 1),
                "reason": reason,
                "message": message,
            },
            lambda jobs: jobs.retry_later(
                job.id,
                now() + timedelta(seconds=delay),
                reason=reason,
                message=message,
                worker=self._worker,
            ),
            delay,
        )

    def _stopped(self, job: Job, reason: str) -> Ending:
        if reason == "cancel":
            return self._finished(
                JobStatus.CANCELLED, lambda jobs: jobs.cancel(job.id, worker=self._worker)
            )
        if reason == "pause":
            return Ending(
                JobStatus.PAUSED,
                "job.paused",
                {},
                lambda jobs: jobs.settle_paused(job.id, self._worker),
            )
        return Ending(
            JobStatus.QUEUED,
            "job.requeued",
            {"reason": reason},
            lambda jobs: jobs.hand_back(job.id, self._worker),
        )

    def _finished(
        self, status: JobStatus, change: Callable[[JobRepository], Awaitable[bool]], **data: Any
    ) -> Ending:
        told = {name: value for name, value in data.items() if value is not None}
        return Ending(status, "job.finished", {"status": status.value, **told}, change)

    async def _settle(self, ending: Ending) -> None:
        """Write the end down; a database that is away for a while gets time to come back."""
        for attempt in range(1, SETTLE_TRIES + 1):
            try:
                async with self._database.begin(self._principal) as tx:
                    if await ending.change(tx.jobs):
                        await tx.jobs.append_event(self._job_id, ending.event, ending.data)
                break
            except DatabaseError as error:
                if not may_pass(error) or attempt == SETTLE_TRIES:
                    log.exception("job.end_not_recorded", job_id=self._job_id)
                    break
                await asyncio.sleep(SETTLING.delay_s(attempt, _CHANCE))
        self.reporter.wake()


async def _within(over: asyncio.Event, seconds: float) -> bool:
    """Wait until it is over, or for a time; tell which it was."""
    try:
        async with asyncio.timeout(seconds):
            return await over.wait()
    except TimeoutError:
        return False


async def clean(
    handlers: Mapping[str, JobHandler], principal: Principal, job: Job, status: JobStatus
) -> None:
    """Let the handler remove what an ended job no longer needs; what fails is only logged."""
    handler = handlers.get(job.kind)
    if not isinstance(handler, Cleans):
        return
    try:
        await handler.clean(principal, job.id, job.payload, status)
    except Exception:
        log.exception("job.not_cleaned", job_id=job.id)
