"""Finds work that nobody does any more: a worker died, or a message was lost."""

import asyncio
import random
from collections import defaultdict
from datetime import timedelta

import structlog

from data.columns import now
from data.database import Database
from data.errors import DatabaseError
from data.models import Stage
from data.repositories.work_items import WorkPlace
from service.settings import JobSettings
from service.spread.dispatching import Dispatcher
from service.spread.post import JOBS, Post, clerk
from service.sweeping import Sweeper

log = structlog.get_logger("cicerone.jobs")
_CHANCE = random.SystemRandom()


class SpreadSweeper:
    """Every worker process sweeps; what two do at once is done once, or does no harm twice."""

    def __init__(
        self,
        database: Database,
        post: Post,
        dispatcher: Dispatcher,
        jobs: Sweeper,
        *,
        settings: JobSettings,
    ) -> None:
        self._database = database
        self._post = post
        self._dispatcher = dispatcher
        self._jobs = jobs
        self._every_s = settings.sweep_s
        self._stale_after = timedelta(seconds=settings.stale_after_s)
        self._delivered_after = timedelta(seconds=settings.celery.visibility_timeout_s)

    async def keep_sweeping(self) -> None:
        """Sweep again and again, at irregular times, so that processes do not do it at once."""
        while True:
            await asyncio.sleep(self._every_s * _CHANCE.uniform(0.5, 1.5))
            try:
                await self.sweep()
            except DatabaseError as error:
                log.warning("job.sweep_failed", error=str(error))
            except Exception:
                log.exception("job.sweep_failed")

    async def sweep(self) -> None:
        """Take documents from dead workers, send lost messages again, start what is due."""
        await self._release()
        for stage in Stage:
            await self._send_again(stage)
        async with self._database.unscoped(read_only=True) as tx:
            spread = await tx.work.jobs()
        for tenant_id, job_id in spread:
            await self._dispatcher.look(tenant_id, job_id)
        await self._start_due()

    async def _release(self) -> None:
        since = now() - self._stale_after
        async with self._database.unscoped(read_only=True) as tx:
            silent = await tx.work.silent(since)
        for each in silent:
            place = each.place
            async with self._database.begin(clerk(place.tenant_id)) as tx:
                released = await tx.work.take_from(
                    place.job_id, place.ordinal, each.worker, silent_since=since
                )
            if released:
                log.warning("document.released", job_id=place.job_id, ordinal=place.ordinal)

    async def _send_again(self, stage: Stage) -> None:
        """Send messages again that are certainly lost, or that have been away for very long."""
        waiting = await self._post.waiting(stage.value)
        if waiting is None:
            return
        # While messages wait, an item that nobody took may only have its turn later.
        since = now() - (self._delivered_after if waiting else self._stale_after)
        async with self._database.unscoped(read_only=True) as tx:
            unheard = await tx.work.unheard(stage, since)
        by_job: defaultdict[tuple[str, str], list[WorkPlace]] = defaultdict(list)
        for place in unheard:
            by_job[place.tenant_id, place.job_id].append(place)
        for (tenant_id, job_id), places in by_job.items():
            async with self._database.begin(clerk(tenant_id)) as tx:
                await tx.work.touch_sent(job_id, [place.ordinal for place in places])
            log.warning("document.sent_again", job_id=job_id, count=len(places))
            for place in places:
                await self._post.document(place)

    async def _start_due(self) -> None:
        due = await self._jobs.sweep()
        if not due or await self._post.waiting(JOBS) != 0:
            return
        for principal, job_id in due:
            await self._post.job(principal.tenant_id, job_id)
