"""Background jobs: what was asked, how far it is, what came of it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Final

from data.database import Database
from data.models import Job
from providers.principal import Principal
from service.errors import JobNotFoundError
from service.runner import InlineRunner
from service.schemas import JobEvent, JobRead, JobStatus

ENDED: Final = frozenset({JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED})
POLL_S: Final = 1.0
"""How long an event stream waits for news before it looks at the database itself."""


class Jobs:
    """Starts, shows and cancels jobs of the principal's tenant."""

    def __init__(self, database: Database, runner: InlineRunner) -> None:
        self._database = database
        self._runner = runner

    async def submit(
        self,
        principal: Principal,
        kind: str,
        *,
        collection: str,
        total: int,
        payload: dict[str, Any],
    ) -> JobRead:
        """Record a job and hand it to the runner; the record comes first, so none is lost."""
        async with self._database.begin(principal) as tx:
            row = await tx.jobs.create(kind, payload, collection=collection, total=total)
            read = job_read(row)
        self.hand_over(principal, read.job_id)
        return read

    def hand_over(self, principal: Principal, job_id: str) -> None:
        """Give a recorded job to the runner."""
        self._runner.enqueue(principal, job_id)

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

    async def list(self, principal: Principal, limit: int = 50) -> list[JobRead]:
        """List the newest jobs first."""
        async with self._database.begin(principal, read_only=True) as tx:
            return [job_read(row) for row in await tx.jobs.list(limit=limit)]

    async def cancel(self, principal: Principal, job_id: str) -> JobRead:
        """Stop a job after the step it is in; an ended job stays as it is."""
        await self.get(principal, job_id)
        async with self._database.begin(principal) as tx:
            await tx.jobs.request_cancel(job_id)
        self._runner.cancel(job_id)
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
    )
