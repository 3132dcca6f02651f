"""Sends the documents of a job to workers, as many as there is room for, and ends the job."""

from typing import Final, Protocol, TypeGuard

import structlog

from data.database import Database, Transaction
from data.models import Job, JobStatus, Stage, WorkItem
from data.repositories.work_items import WorkPlace
from providers.principal import Principal
from service.settings import CelerySettings
from service.spread.post import Post, clerk

log = structlog.get_logger("cicerone.jobs")

SPREAD: Final = "spread"
"""Stands in the row of a job that many workers do together, in place of the worker."""


class Ending(Protocol):
    """What is done once when the last document of a job has ended."""

    async def prepare(self, principal: Principal, job: Job) -> None:
        """Finish what the documents made, before the job ends; may be done twice."""
        ...

    async def record(self, tx: Transaction, job: Job, items: list[WorkItem]) -> bool:
        """Write the report and end the job; False when it had ended already."""
        ...

    async def forget(self, job: Job) -> None:
        """Remove what only the running job needed."""
        ...


class Dispatcher:
    """Moves spread jobs on; any process may look at any job at any time."""

    def __init__(
        self, database: Database, post: Post, ending: Ending, settings: CelerySettings
    ) -> None:
        self._database = database
        self._post = post
        self._ending = ending
        self._settings = settings

    async def start(self, tenant_id: str, job_id: str) -> bool:
        """Start a queued job; False when another process did, or it is not its time."""
        async with self._database.begin(clerk(tenant_id)) as tx:
            job = await tx.jobs.start(job_id, SPREAD)
            if job is not None:
                await tx.work.add_all(job_id, job.payload["files"])
        return job is not None

    async def look(self, tenant_id: str, job_id: str) -> None:
        """Send on what there is room for, and end the job when nothing is left."""
        principal = clerk(tenant_id)
        places = await self._take(principal, job_id)
        for place in places:
            await self._post.document(place)
        if not places:
            await self._conclude(principal, job_id)

    async def _take(self, principal: Principal, job_id: str) -> list[WorkPlace]:
        room = await self._room()
        async with self._database.begin(principal) as tx:
            # Locked: two processes that look at once would take twice as much as they may.
            job = await _running(tx, job_id)
            if job is None:
                return []
            await tx.jobs.beat(job_id, SPREAD)
            if job.cancel_requested:
                await tx.work.call_off(job_id)
                return []
            if job.pause_requested:
                await _pause(tx, job_id)
                return []
            room = min(room, self._settings.max_in_flight - await tx.work.in_flight(job_id))
            items = await tx.work.take(job_id, room) if room > 0 else []
            return [_place_of(item) for item in items]

    async def _room(self) -> int:
        """Tell how many documents the fullest queue can take; a slow stage holds back the rest."""
        async with self._database.unscoped(read_only=True) as tx:
            waiting = [await tx.work.sent(stage) for stage in Stage]
        return self._settings.max_queue_length - max(waiting)

    async def _conclude(self, principal: Principal, job_id: str) -> None:
        """End the job if all its documents have ended; of many that try, one does it."""
        async with self._database.begin(principal, read_only=True) as tx:
            job = await tx.jobs.head(job_id)
            if not _is_spread(job) or await tx.work.any_open(job_id):
                return
        await self._ending.prepare(principal, job)
        async with self._database.begin(principal) as tx:
            job = await _running(tx, job_id)
            if job is None or await tx.work.any_open(job_id):
                return
            ended = await self._ending.record(tx, job, list(await tx.work.all_of(job_id)))
            await tx.work.remove(job_id)
        if ended:
            log.info("job.ended", job_id=job_id)
            await self._ending.forget(job)


async def _running(tx: Transaction, job_id: str) -> Job | None:
    """Lock a spread job that runs."""
    job = await tx.jobs.head(job_id, lock=True)
    return job if _is_spread(job) else None


async def _pause(tx: Transaction, job_id: str) -> None:
    await tx.work.recall(job_id)
    if not await tx.work.running(job_id):
        await tx.jobs.settle_paused(job_id, SPREAD)


def _is_spread(job: Job | None) -> TypeGuard[Job]:
    return job is not None and job.status is JobStatus.RUNNING and job.worker == SPREAD


def _place_of(item: WorkItem) -> WorkPlace:
    return WorkPlace(item.tenant_id, item.job_id, item.ordinal, item.stage)
