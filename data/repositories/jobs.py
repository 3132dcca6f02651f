"""Where jobs and their events are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Update, and_, case, false, func, null, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer

from data.columns import now
from data.errors import RowNotFoundError
from data.models import ENDED, Job, JobEvent, JobStatus
from data.repositories.base import Repository, new_id

_ATTEMPTS = 5
_RETRIABLE = (JobStatus.FAILED, JobStatus.CANCELLED)


class JobRepository(Repository):
    """The jobs of a tenant. A job that has ended does not change any more."""

    async def create(
        self,
        kind: str,
        payload: Mapping[str, Any],
        *,
        collection: str | None = None,
        total: int = 0,
        max_attempts: int = _ATTEMPTS,
        id: str | None = None,
    ) -> Job:
        """Queue a job.

        Args:
            kind: Which handler runs it.
            payload: All that the handler needs to start over after a crash.
            collection: Name of the collection it works on.
            total: How many steps it has.
            max_attempts: How often it is tried before it is a dead letter.
            id: Its id, where something was named after it before.
        """
        job = Job(
            id=id or new_id(),
            kind=kind,
            payload=dict(payload),
            collection=collection,
            total=total,
            max_attempts=max_attempts,
            subject=self._principal.subject,
        )
        await self._add(job)
        return job

    async def get(self, job_id: str) -> Job | None:
        """Return the job with that id."""
        return await self._one(select(Job).where(Job.id == job_id))

    async def head(self, job_id: str, *, lock: bool = False) -> Job | None:
        """Return the job without its payload, which may name a million files.

        Args:
            job_id: Which job.
            lock: Let no other transaction lock or change it until this one ends.
        """
        query = select(Job).where(Job.id == job_id)
        query = query.options(defer(Job.payload, raiseload=True))
        return await self._one(query.with_for_update() if lock else query)

    async def list(
        self,
        limit: int = 50,
        offset: int = 0,
        *,
        status: JobStatus | None = None,
        dead: bool = False,
    ) -> Sequence[Job]:
        """Return jobs, newest first.

        Args:
            limit: Most rows to return.
            offset: Rows to leave out before them.
            status: Only jobs that stand there.
            dead: Only dead letters.
        """
        query = select(Job).order_by(Job.created_at.desc(), Job.id).limit(limit).offset(offset)
        if status is not None:
            query = query.where(Job.status == status)
        if dead:
            query = query.where(Job.dead_at.is_not(None))
        return await self._all(query)

    async def start(self, job_id: str, worker: str | None = None) -> Job | None:
        """Claim a queued job; None when it is not its time, another has it, or it was stopped.

        Two workers never get the same attempt: the row changes only while it is queued.
        """
        moment = now()
        claimed = await self._change(
            update(Job)
            .where(Job.id == job_id, Job.status == JobStatus.QUEUED, _is_due(moment))
            .values(
                status=JobStatus.RUNNING,
                attempts=Job.attempts + 1,
                worker=worker,
                heartbeat_at=moment,
                next_attempt_at=None,
                reason=None,
                message=None,
                started_at=func.coalesce(Job.started_at, moment),
            )
        )
        return await self.get(job_id) if claimed else None

    async def beat(self, job_id: str, worker: str) -> Job | None:
        """Show that the worker lives; None when the job is no longer its own."""
        changed = await self._change(_running(job_id, worker).values(heartbeat_at=now()))
        return await self.get(job_id) if changed else None

    async def requeue(
        self, job_id: str, worker: str | None = None, since: datetime | None = None
    ) -> bool:
        """Put a running job back, because the process that ran it is gone.

        With `since`, only while that process has given no sign of life after it.
        """
        statement = _running(job_id, worker)
        if since is not None:
            statement = statement.where(_is_silent(since))
        return await self._change(statement.values(**_WAITING)) > 0

    async def hand_back(self, job_id: str, worker: str | None = None) -> bool:
        """Put a running job back that was stopped in good order; the attempt does not count."""
        values = {**_WAITING, "attempts": Job.attempts - 1}
        return await self._change(_running(job_id, worker).values(**values)) > 0

    async def retry_later(
        self, job_id: str, at: datetime, *, reason: str, message: str, worker: str | None = None
    ) -> bool:
        """Put a running job back until `at`, since it failed for a reason that may pass."""
        values = {**_WAITING, "next_attempt_at": at, "reason": reason, "message": message}
        return await self._change(_running(job_id, worker).values(**values)) > 0

    async def settle_paused(self, job_id: str, worker: str | None = None) -> bool:
        """Note that a running job has stopped because it was asked to pause."""
        values = {**_WAITING, "status": JobStatus.PAUSED, "attempts": Job.attempts - 1}
        return await self._change(_running(job_id, worker).values(**values)) > 0

    async def request_pause(self, job_id: str) -> Job | None:
        """Ask a job to rest: a queued one does at once, a running one at its next step."""
        queued = Job.status == JobStatus.QUEUED
        await self._change(
            _open(job_id).values(
                pause_requested=case((queued, false()), else_=Job.status == JobStatus.RUNNING),
                status=case((queued, JobStatus.PAUSED), else_=Job.status),
            )
        )
        return await self.get(job_id)

    async def resume(self, job_id: str) -> Job | None:
        """Queue a paused job again; a running one that was asked to pause goes on."""
        paused = Job.status == JobStatus.PAUSED
        await self._change(
            _open(job_id).values(
                pause_requested=False, status=case((paused, JobStatus.QUEUED), else_=Job.status)
            )
        )
        return await self.get(job_id)

    async def retry(self, job_id: str) -> bool:
        """Queue a job again that ended badly, with all its attempts; False when it did not."""
        return (
            await self._change(
                update(Job)
                .where(Job.id == job_id, Job.status.in_(_RETRIABLE))
                .values(
                    **_WAITING,
                    attempts=0,
                    done=0,
                    message=None,
                    result=null(),
                    reason=None,
                    next_attempt_at=None,
                    dead_at=None,
                    finished_at=None,
                    cancel_requested=False,
                )
            )
            > 0
        )

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

    async def count_done(self, job_id: str) -> None:
        """Count one more item as done."""
        await self._change(_open(job_id).values(done=Job.done + 1))

    async def finish(
        self,
        job_id: str,
        result: Mapping[str, Any],
        message: str | None = None,
        worker: str | None = None,
    ) -> bool:
        """End a job well; False when it had ended already."""
        return await self._end(job_id, JobStatus.SUCCEEDED, message, result, worker=worker)

    async def quarantine(
        self, job_id: str, result: Mapping[str, Any], message: str, worker: str | None = None
    ) -> bool:
        """End a job that did its work, but nothing of it can be used."""
        return await self._end(job_id, JobStatus.QUARANTINED, message, result, worker=worker)

    async def fail(
        self,
        job_id: str,
        message: str,
        result: Mapping[str, Any] | None = None,
        *,
        reason: str | None = None,
        dead: bool = False,
        worker: str | None = None,
    ) -> bool:
        """End a job badly; `message` says what a person can do. False when it had ended.

        Args:
            job_id: Which job.
            message: What went wrong.
            result: What it did all the same.
            reason: The slug of the problem.
            dead: Its attempts are used up: it waits for a person.
            worker: Only when the job is still this worker's.
        """
        more = {"reason": reason, "dead_at": now() if dead else None}
        return await self._end(job_id, JobStatus.FAILED, message, result, worker=worker, more=more)

    async def cancel(
        self,
        job_id: str,
        result: Mapping[str, Any] | None = None,
        message: str | None = None,
        worker: str | None = None,
    ) -> bool:
        """End a job that was asked to stop, and did; False when it had ended already."""
        return await self._end(job_id, JobStatus.CANCELLED, message, result, worker=worker)

    async def request_cancel(self, job_id: str) -> Job | None:
        """Ask a job to stop: one that never began ends at once, a running one at its next step.

        One that waits in the middle of its work is queued, for a worker to put it away.
        """
        fresh = and_(Job.status == JobStatus.QUEUED, Job.started_at.is_(None))
        waiting = Job.status.in_((JobStatus.QUEUED, JobStatus.PAUSED))
        await self._change(
            _open(job_id).values(
                cancel_requested=True,
                pause_requested=False,
                next_attempt_at=None,
                finished_at=case((fresh, now()), else_=Job.finished_at),
                status=case(
                    (fresh, JobStatus.CANCELLED), (waiting, JobStatus.QUEUED), else_=Job.status
                ),
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

    async def finished_sources(self, job_id: str) -> Sequence[str]:
        """Return the sources of the documents that the job's events tell the end of."""
        query = select(JobEvent).where(
            JobEvent.job_id == job_id, JobEvent.type == "document.finished"
        )
        return [str(event.data.get("source")) for event in await self._all(query)]

    async def _end(
        self,
        job_id: str,
        status: JobStatus,
        message: str | None,
        result: Mapping[str, Any] | None,
        *,
        worker: str | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> bool:
        values: dict[str, Any] = {
            "status": status,
            "finished_at": now(),
            "worker": None,
            **(more or {}),
        }
        if message is not None:
            values["message"] = message
        if result is not None:
            values["result"] = dict(result)
        statement = _open(job_id) if worker is None else _running(job_id, worker)
        return await self._change(statement.values(**values)) > 0


class JobRecovery:
    """Finds work of all tenants; it can read jobs and nothing else."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def unfinished(self) -> Sequence[Job]:
        """Return the jobs of all tenants that have not ended, oldest first."""
        return await self._find(Job.status.not_in(ENDED))

    async def due(self, limit: int = 100) -> Sequence[Job]:
        """Return queued jobs whose time has come, oldest first."""
        return await self._find(and_(Job.status == JobStatus.QUEUED, _is_due(now())), limit)

    async def silent(self, since: datetime) -> Sequence[Job]:
        """Return running jobs whose worker gave no sign of life after `since`."""
        return await self._find(and_(Job.status == JobStatus.RUNNING, _is_silent(since)))

    async def ended(self, ids: Sequence[str]) -> set[str]:
        """Return those of the ids that belong to a job that has ended, or to none."""
        query = select(Job.id).where(Job.id.in_(ids), Job.status.not_in(ENDED))
        return set(ids) - set((await self._session.execute(query)).scalars())

    async def wanted(self, ids: Sequence[str], since: datetime) -> set[str]:
        """Return those of the ids whose job has not ended, or ended after `since`."""
        open_ = or_(Job.status.not_in(ENDED), Job.finished_at >= since)
        query = select(Job.id).where(Job.id.in_(ids), open_)
        return set((await self._session.execute(query)).scalars())

    async def ended_before(self, ids: Sequence[str], moment: datetime) -> set[str]:
        """Return those of the ids whose job ended before a moment."""
        query = select(Job.id).where(
            Job.id.in_(ids), Job.status.in_(ENDED), Job.finished_at < moment
        )
        return set((await self._session.execute(query)).scalars())

    async def _find(self, condition: Any, limit: int | None = None) -> Sequence[Job]:
        query = (
            select(Job)
            .where(condition, Job.deleted_at.is_(None))
            .order_by(Job.created_at, Job.id)
            .limit(limit)
        )
        return (await self._session.execute(query)).scalars().all()


_WAITING: dict[str, Any] = {
    "status": JobStatus.QUEUED,
    "worker": None,
    "heartbeat_at": None,
    "pause_requested": False,
}


def _open(job_id: str) -> Update:
    return update(Job).where(Job.id == job_id, Job.status.not_in(ENDED))


def _running(job_id: str, worker: str | None) -> Update:
    """Change a running job, of that worker alone when one is named."""
    statement = update(Job).where(Job.id == job_id, Job.status == JobStatus.RUNNING)
    return statement if worker is None else statement.where(Job.worker == worker)


def _is_silent(since: datetime) -> Any:
    return or_(Job.heartbeat_at.is_(None), Job.heartbeat_at < since)


def _is_due(moment: datetime) -> Any:
    return or_(Job.next_attempt_at.is_(None), Job.next_attempt_at <= moment)
