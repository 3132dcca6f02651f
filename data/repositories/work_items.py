"""Where the documents of spread jobs stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Update, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from data.columns import now
from data.models import Stage, WorkItem, WorkStatus
from data.repositories.base import Repository

_ONE_AT_A_TIME = ("source", "sha256")
_IN_FLIGHT = (WorkStatus.SENT, WorkStatus.RUNNING)


class WorkItemRepository(Repository):
    """The documents of a tenant's spread jobs.

    A worker changes an item only while it has it: what a worker does that lost its item, for
    being silent too long, changes nothing and returns False.
    """

    async def add_all(self, job_id: str, files: Sequence[Mapping[str, Any]]) -> None:
        """Let the files of a job wait; those that are there already stay as they are.

        Files of one `source` or of one `sha256` will be taken one after the other.
        """
        last: dict[tuple[str, Any], int] = {}
        rows = []
        for ordinal, file in enumerate(files):
            keys = [(name, file[name]) for name in _ONE_AT_A_TIME if name in file]
            waits_for = sorted({last[key] for key in keys if key in last})
            last.update(dict.fromkeys(keys, ordinal))
            rows.append(
                {"job_id": job_id, "ordinal": ordinal, "given": dict(file), "waits_for": waits_for}
            )
        await self._insert(WorkItem, rows, ignore=True)

    async def take(self, job_id: str, limit: int) -> Sequence[WorkItem]:
        """Mark up to `limit` items as sent whose time has come, in the order of the job.

        Lock the job before, or two callers take more than they may.
        """
        moment = now()
        due = or_(WorkItem.next_attempt_at.is_(None), WorkItem.next_attempt_at <= moment)
        query = (
            select(WorkItem)
            .where(WorkItem.job_id == job_id, WorkItem.status == WorkStatus.WAITING, due)
            .order_by(WorkItem.ordinal)
            .limit(limit)
        )
        found = await self._all(query)
        open_ones = await self._open_among(
            job_id, {each for item in found for each in item.waits_for}
        )
        items = [item for item in found if open_ones.isdisjoint(item.waits_for)]
        ordinals = [item.ordinal for item in items]
        await self._change(
            update(WorkItem)
            .where(WorkItem.job_id == job_id, WorkItem.ordinal.in_(ordinals))
            .values(status=WorkStatus.SENT, touched_at=moment, next_attempt_at=None)
        )
        return items

    async def claim(self, job_id: str, ordinal: int, stage: Stage, worker: str) -> WorkItem | None:
        """Give a sent item to a worker; None when another has it, or it is at another stage."""
        claimed = await self._change(
            update(WorkItem)
            .where(
                *_is(job_id, ordinal),
                WorkItem.stage == stage,
                WorkItem.status == WorkStatus.SENT,
            )
            .values(
                status=WorkStatus.RUNNING,
                attempts=WorkItem.attempts + 1,
                worker=worker,
                touched_at=now(),
            )
        )
        if not claimed:
            return None
        return await self._one(select(WorkItem).where(*_is(job_id, ordinal)))

    async def beat(self, job_id: str, ordinal: int, worker: str) -> bool:
        """Show that the worker lives."""
        return await self._change(_held(job_id, ordinal, worker).values(touched_at=now())) > 0

    async def advance(self, job_id: str, ordinal: int, worker: str, stage: Stage) -> bool:
        """Send an item on to its next stage."""
        values = {"status": WorkStatus.SENT, "stage": stage, "attempts": 0, "touched_at": now()}
        return await self._change(_held(job_id, ordinal, worker).values(worker=None, **values)) > 0

    async def put_back(
        self,
        job_id: str,
        ordinal: int,
        worker: str,
        *,
        at: datetime | None = None,
        message: str | None = None,
    ) -> bool:
        """Let an item wait again.

        Args:
            job_id: Which job.
            ordinal: Which of its documents.
            worker: Who has it.
            at: It failed and is tried again then; without it, it was only stopped and the
                attempt does not count.
            message: Why it failed.
        """
        values: dict[str, Any] = {"status": WorkStatus.WAITING, "worker": None}
        if at is None:
            values["attempts"] = WorkItem.attempts - 1
        else:
            values |= {"next_attempt_at": at, "message": message}
        return await self._change(_held(job_id, ordinal, worker).values(**values)) > 0

    async def end(
        self, job_id: str, ordinal: int, worker: str, outcome: Mapping[str, Any] | None
    ) -> bool:
        """Note what became of a document; None when it was called off."""
        values = {"status": WorkStatus.ENDED, "worker": None, "outcome": outcome}
        return await self._change(_held(job_id, ordinal, worker).values(**values)) > 0

    async def call_off(self, job_id: str) -> int:
        """End all items that no worker has; returns how many."""
        waiting = WorkItem.status.in_((WorkStatus.WAITING, WorkStatus.SENT))
        statement = update(WorkItem).where(WorkItem.job_id == job_id, waiting)
        return await self._change(statement.values(status=WorkStatus.ENDED))

    async def recall(self, job_id: str) -> int:
        """Let all sent items wait; their messages find nothing to do. Returns how many."""
        statement = update(WorkItem).where(
            WorkItem.job_id == job_id, WorkItem.status == WorkStatus.SENT
        )
        return await self._change(statement.values(status=WorkStatus.WAITING))

    async def touch_sent(self, job_id: str, ordinals: Sequence[int]) -> None:
        """Note that the messages of sent items were sent again."""
        statement = update(WorkItem).where(
            WorkItem.job_id == job_id,
            WorkItem.ordinal.in_(ordinals),
            WorkItem.status == WorkStatus.SENT,
        )
        await self._change(statement.values(touched_at=now()))

    async def take_from(
        self, job_id: str, ordinal: int, worker: str, *, silent_since: datetime | None = None
    ) -> bool:
        """Let an item wait that a worker has; its attempt counts.

        Args:
            job_id: Which job.
            ordinal: Which of its documents.
            worker: Who has it.
            silent_since: Only if the worker gave no sign of life after that.
        """
        statement = _held(job_id, ordinal, worker)
        if silent_since is not None:
            statement = statement.where(WorkItem.touched_at < silent_since)
        return await self._change(statement.values(status=WorkStatus.WAITING, worker=None)) > 0

    async def in_flight(self, job_id: str) -> int:
        """Count the items that a queue or a worker has."""
        return await self._count(job_id, WorkItem.status.in_(_IN_FLIGHT))

    async def running(self, job_id: str) -> int:
        """Count the items that a worker has."""
        return await self._count(job_id, WorkItem.status == WorkStatus.RUNNING)

    async def any_open(self, job_id: str) -> bool:
        """Tell whether an item has not ended."""
        query = select(WorkItem).where(
            WorkItem.job_id == job_id, WorkItem.status != WorkStatus.ENDED
        )
        return await self._one(query.limit(1)) is not None

    async def all_of(self, job_id: str) -> Sequence[WorkItem]:
        """Return the items of a job in its order."""
        query = select(WorkItem).where(WorkItem.job_id == job_id)
        return await self._all(query.order_by(WorkItem.ordinal))

    async def remove(self, job_id: str) -> None:
        """Forget the items of a job that ends."""
        await self._change(delete(WorkItem).where(WorkItem.job_id == job_id), deleted=True)

    async def _open_among(self, job_id: str, ordinals: set[int]) -> set[int]:
        query = select(WorkItem).where(
            WorkItem.job_id == job_id,
            WorkItem.ordinal.in_(ordinals),
            WorkItem.status != WorkStatus.ENDED,
        )
        return {item.ordinal for item in await self._all(query)} if ordinals else set()

    async def _count(self, job_id: str, condition: ColumnElement[bool]) -> int:
        query = select(func.count(WorkItem.ordinal)).where(WorkItem.job_id == job_id, condition)
        return (await self._session.execute(query)).scalar_one()


@dataclass(frozen=True, slots=True)
class WorkPlace:
    """Where an item is to be found."""

    tenant_id: str
    job_id: str
    ordinal: int
    stage: Stage


@dataclass(frozen=True, slots=True)
class SilentWorker:
    """Who has an item and gives no sign of life."""

    place: WorkPlace
    worker: str


class WorkRecovery:
    """Finds spread work of all tenants; it can read where items stand and nothing else."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def jobs(self) -> Sequence[tuple[str, str]]:
        """Return the tenant and the id of every job that has items."""
        query = select(WorkItem.tenant_id, WorkItem.job_id).distinct()
        return [(tenant, job) for tenant, job in (await self._session.execute(query)).all()]

    async def sent(self, stage: Stage) -> int:
        """Count the items that wait in the queue of a stage."""
        query = select(func.count()).where(
            WorkItem.status == WorkStatus.SENT, WorkItem.stage == stage
        )
        return (await self._session.execute(query)).scalar_one()

    async def silent(self, since: datetime) -> Sequence[SilentWorker]:
        """Return workers that have an item and gave no sign of life after `since`."""
        query = _PLACES.add_columns(WorkItem.worker).where(
            WorkItem.status == WorkStatus.RUNNING, WorkItem.touched_at < since
        )
        rows = (await self._session.execute(query)).all()
        return [SilentWorker(WorkPlace(*place), worker) for *place, worker in rows]

    async def unheard(self, stage: Stage, since: datetime, limit: int = 500) -> Sequence[WorkPlace]:
        """Return items of a stage that were sent before `since` and that no worker took."""
        query = _PLACES.where(
            WorkItem.status == WorkStatus.SENT,
            WorkItem.stage == stage,
            WorkItem.touched_at < since,
        )
        query = query.order_by(WorkItem.touched_at).limit(limit)
        return [WorkPlace(*row) for row in (await self._session.execute(query)).all()]


_PLACES = select(WorkItem.tenant_id, WorkItem.job_id, WorkItem.ordinal, WorkItem.stage)


def _is(job_id: str, ordinal: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return WorkItem.job_id == job_id, WorkItem.ordinal == ordinal


def _held(job_id: str, ordinal: int, worker: str) -> Update:
    """Change an item while that worker has it."""
    return update(WorkItem).where(
        *_is(job_id, ordinal), WorkItem.status == WorkStatus.RUNNING, WorkItem.worker == worker
    )
