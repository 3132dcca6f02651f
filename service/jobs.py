"""Background jobs: what was asked, how far it is, what came of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Final, Protocol

from data.database import Database
from data.models import Job
from data.models import JobStatus as RowStatus
from data.repositories.jobs import RETRIED
from providers.principal import Principal
from service.errors import JobNotFoundError, JobNotRetriableError
from service.schemas import JobEvent, JobRead, JobStatus

ENDED: Final = frozenset(
    {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.QUARANTINED}
)
POLL_S: Final = 1.0
"""How long an event stream waits for news before it looks at the database itself."""


class JobRunner(Protocol):
    """Does what the job table says: in this process, or by a task queue."""

    async def start(self, *, resume: bool) -> None:
        """Begin to work; with `resume` also on what other processes queued or left."""
        ...

    async def aclose(self) -> None:
        """Stop in good order."""
        ...

    async def enqueue(self, principal: Principal, job_id: str) -> None:
        """Take note of a job that is queued in the table."""
        ...

    def cancel(self, job_id: str) -> None:
        """Stop the job soon if that can be done from here; the table says so already."""
        ...

    def pause(self, job_id: str) -> None:
        """Let the job rest soon if that can be done from here; the table says so already."""
        ...

    def news(self, job_id: str) -> asyncio.Event:
        """Return an event that is set when the job next tells something, if that is known."""
        ...


class Jobs:
    """Starts, shows and steers jobs of the principal's tenant."""

    def __init__(self, database: Database, runner: JobRunner, *, max_attempts: int) -> None:
        self._database = database
        self._runner = runner
        self._max_attempts = max_attempts

    async def submit(
        self,
        principal: Principal,
        kind: str,
        *,
        collection: str,
        total: int,
        payload: dict[str, Any],
        job_id: str | None = None,
    ) -> JobRead:
        """Record a job and hand it to the runner; the record comes first, so none is lost."""
        async with self._database.begin(principal) as tx:
            row = await tx.jobs.create(
                kind,
                payload,
                collection=collection,
                total=total,
                max_attempts=self._max_attempts,
                id=job_id,
            )
            read = job_read(row)
        await self.hand_over(principal, read.job_id)
        return read

    async def hand_over(self, principal: Principal, job_id: str) -> None:
        """Give a recorded job to the runner."""
        await self._runner.enqueue(principal, job_id)

    async def get(self, principal: Principal, job_id: str) -> JobRead:
        """Show one job.

        Raises:
            JobNotFoundError: the tenant has no such job.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            row = await tx.jobs.get(job_id)
            if row is None:
                raise JobNotFoundError(f"no job {job_id!r}; `cicerone jobs list` shows them")
            return job_read(row)

    async def list(
        self,
        principal: Principal,
        limit: int = 50,
        *,
        status: JobStatus | None = None,
        dead: bool = False,
    ) -> list[JobRead]:
        """List the newest jobs first; `dead` ones are those that used all their attempts."""
        wanted = None if status is None else RowStatus(status.value)
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.jobs.list(limit=limit, status=wanted, dead=dead)
            return [job_read(row) for row in rows]

    async def cancel(self, principal: Principal, job_id: str) -> JobRead:
        """Stop a job after the step it is in; an ended job stays as it is."""
        before = await self.get(principal, job_id)
        async with self._database.begin(principal) as tx:
            row = await tx.jobs.request_cancel(job_id)
            over = row is not None and row.status is RowStatus.CANCELLED
            if over and before.status not in ENDED:
                await tx.jobs.append_event(job_id, "job.finished", {"status": "cancelled"})
        self._runner.cancel(job_id)
        await self._runner.enqueue(principal, job_id)
        return await self.get(principal, job_id)

    async def pause(self, principal: Principal, job_id: str) -> JobRead:
        """Let a job rest after the step it is in; an ended job stays as it is."""
        before = await self.get(principal, job_id)
        async with self._database.begin(principal) as tx:
            row = await tx.jobs.request_pause(job_id)
            rests = row is not None and row.status is RowStatus.PAUSED
            if rests and before.status is not JobStatus.PAUSED:
                await tx.jobs.append_event(job_id, "job.paused", {})
        self._runner.pause(job_id)
        return await self.get(principal, job_id)

    async def resume(self, principal: Principal, job_id: str) -> JobRead:
        """Let a paused job go on; any other stays as it is."""
        before = await self.get(principal, job_id)
        async with self._database.begin(principal) as tx:
            await tx.jobs.resume(job_id)
            if before.status is JobStatus.PAUSED:
                await tx.jobs.append_event(job_id, "job.resumed", {})
        await self._runner.enqueue(principal, job_id)
        return await self.get(principal, job_id)

    async def retry(self, principal: Principal, job_id: str) -> JobRead:
        """Try a job again that failed or was cancelled; what it had done is not done again.

        Raises:
            JobNotRetriableError: it did not end, or ended well.
        """
        before = await self.get(principal, job_id)
        async with self._database.begin(principal) as tx:
            if not await tx.jobs.retry(job_id):
                raise JobNotRetriableError(
                    f"the job is {before.status.value}; only one that failed or was cancelled "
                    "can be tried again"
                )
            await tx.jobs.append_event(job_id, RETRIED, {"reason": "retry"})
        await self._runner.enqueue(principal, job_id)
        return await self.get(principal, job_id)

    async def events(
        self, principal: Principal, job_id: str, after: int = 0
    ) -> AsyncGenerator[JobEvent, None]:
        """Yield the job's events after sequence number `after`, until the job has ended."""
        last = after
        while True:
            news = self._runner.news(job_id)
            job = await self.get(principal, job_id)
            async with self._database.begin(principal, read_only=True) as tx:
                rows = await tx.jobs.events_after(job_id, last)
            for row in rows:
                last = row.sequence
                yield JobEvent.model_validate(row)
            if job.status in ENDED:
                return
            if not rows:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await news.wait()


def job_read(row: Job) -> JobRead:
    """Show a job's row."""
    return JobRead(
        job_id=row.id,
        kind=row.kind,
        collection=row.collection,
        status=JobStatus(row.status),
        done=row.done,
        total=row.total,
        message=row.message,
        result=row.result,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        reason=row.reason,
        next_attempt_at=row.next_attempt_at,
        heartbeat_at=row.heartbeat_at,
        dead_at=row.dead_at,
    )
