"""Where jobs and their events are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Update, case, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.columns import now
from data.errors import RowNotFoundError
from data.models import ENDED, Job, JobEvent, JobStatus
from data.repositories.base import Repository, new_id


class JobRepository(Repository):
    """The jobs of a tenant. A job that has ended does not change any more."""

    async def create(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        collection: str | None = None,
        total: int = 0,
    ) -> Job:
        """Queue a job.

        Args:
            kind: Which handler runs it.
            payload: All that the handler needs to start over after a crash.
            collection: Name of the collection it works on.
            total: How many steps it has.
        """
        job = Job(
            id=new_id(),
            kind=kind,
            payload=dict(payload),
            collection=collection,
            total=total,
            subject=self._principal.subject,
        )
        await self._add(job)
        return job

    async def get(self, job_id: str) -> Job | None:
        """Return the job with that id."""
        return await self._one(select(Job).where(Job.id == job_id))

    async def list(self, limit: int = 50, offset: int = 0) -> Sequence[Job]:
        """Return jobs, newest first."""
        query = select(Job).order_by(Job.created_at.desc(), Job.id).limit(limit).offset(offset)
        return await self._all(query)

    async def start(self, job_id: str) -> Job | None:
        """Claim a queued job; None when another worker has it, or it was cancelled."""
        claimed = await self._change(
            update(Job)
            .where(Job.id == job_id, Job.status == JobStatus.QUEUED)
            .values(
                status=JobStatus.RUNNING,
                attempts=Job.attempts + 1,
                started_at=func.coalesce(Job.started_at, now()),
            )
        )
        return await self.get(job_id) if claimed else None

    async def requeue(self, job_id: str) -> bool:
        """Put a running job back, because the process that ran it is gone."""
        statement = update(Job).where(Job.id == job_id, Job.status == JobStatus.RUNNING)
        return await self._change(statement.values(status=JobStatus.QUEUED)) > 0

    async def progress(
        self,
        job_id: str,
        *,
        done: int | None = None,
        total: int | None = None,
        message: str | None = None,
    ) -> None:
        """Write down how far a job is; None leaves a field as it is."""
        given = {"done": done, "total": total, "message": message}
        values = {name: value for name, value in given.items() if value is not None}
        if values:
            await self._change(_open(job_id).values(**values))

    async def finish(
        self, job_id: str, result: Mapping[str, Any], message: str | None = None
    ) -> bool:
        """End a job well; False when it had ended already."""
        return await self._end(job_id, JobStatus.SUCCEEDED, message, result)

    async def fail(
        self, job_id: str, message: str, result: Mapping[str, Any] | None = None
    ) -> bool:
        """End a job badly; `message` says what a person can do. False when it had ended."""
        return await self._end(job_id, JobStatus.FAILED, message, result)

    async def cancel(
        self, job_id: str, result: Mapping[str, Any] | None = None, message: str | None = None
    ) -> bool:
        """End a job that was asked to stop, and did; False when it had ended already."""
        return await self._end(job_id, JobStatus.CANCELLED, message, result)

    async def request_cancel(self, job_id: str) -> Job | None:
        """Ask a job to stop: a queued one ends at once, a running one at its next step."""
        queued = Job.status == JobStatus.QUEUED
        await self._change(
            _open(job_id).values(
                cancel_requested=True,
                finished_at=case((queued, now()), else_=Job.finished_at),
                status=case((queued, JobStatus.CANCELLED), else_=Job.status),
            )
        )
        return await self.get(job_id)

    async def append_event(self, job_id: str, type: str, data: Mapping[str, Any]) -> int:
        """Add an event and return its sequence; concurrent writers get different ones.

        Raises:
            RowNotFoundError: The tenant has no such job.
        """
        counter = (
            update(Job)
            .where(Job.id == job_id)
            .values(last_sequence=Job.last_sequence + 1)
            .returning(Job.last_sequence)
        )
        options = {"synchronize_session": False}
        result = await self._session.execute(counter, execution_options=options)
        sequence = result.scalar_one_or_none()
        if sequence is None:
            raise RowNotFoundError(f"no job {job_id}")
        row = {"job_id": job_id, "sequence": sequence, "type": type, "data": dict(data)}
        await self._insert(JobEvent, [row])
        return sequence

    async def events_after(
        self, job_id: str, sequence: int = 0, limit: int = 500
    ) -> Sequence[JobEvent]:
        """Return the events after a sequence, in order; 0 means from the beginning."""
        query = (
            select(JobEvent)
            .where(JobEvent.job_id == job_id, JobEvent.sequence > sequence)
            .order_by(JobEvent.sequence)
            .limit(limit)
        )
        return await self._all(query)

    async def _end(
        self,
        job_id: str,
        status: JobStatus,
        message: str | None,
        result: Mapping[str, Any] | None,
    ) -> bool:
        values: dict[str, Any] = {"status": status, "finished_at": now()}
        if message is not None:
            values["message"] = message
        if result is not None:
            values["result"] = dict(result)
        return await self._change(_open(job_id).values(**values)) > 0


class JobRecovery:
    """Finds work of all tenants after a restart; it can read jobs and nothing else."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def unfinished(self) -> Sequence[Job]:
        """Return queued and running jobs of all tenants, oldest first."""
        query = (
            select(Job)
            .where(Job.status.not_in(ENDED), Job.deleted_at.is_(None))
            .order_by(Job.created_at, Job.id)
        )
        return (await self._session.execute(query)).scalars().all()


def _open(job_id: str) -> Update:
    return update(Job).where(Job.id == job_id, Job.status.not_in(ENDED))
