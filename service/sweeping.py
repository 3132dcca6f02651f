"""Finds jobs that nobody works on: those whose time has come, and those whose worker died."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog

from data.columns import now
from data.database import Database
from data.models import Job
from providers.principal import Principal, Role
from service.attempts import clean
from service.reporting import JobHandler
from service.schemas import JobStatus

log = structlog.get_logger("cicerone.jobs")
LOST = "worker-lost"
_SAYING = (
    "The process that ran the job ended {attempts} times without finishing it. See the log for "
    "what it was at, then try: cicerone jobs retry {id}"
)


class Sweeper:
    """Puts stuck jobs back, or aside when their attempts are used up."""

    def __init__(
        self, database: Database, handlers: Mapping[str, JobHandler], *, stale_after_s: float
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._stale_after = timedelta(seconds=stale_after_s)

    async def sweep(self, *, alone: bool = False) -> list[tuple[Principal, str]]:
        """Settle stuck jobs; return the jobs that can be started now, oldest first.

        Args:
            alone: No other process can be at work (the home is this one's alone), so that
                every running job is a stuck one.
        """
        since = now() + self._stale_after if alone else now() - self._stale_after
        async with self._database.unscoped(read_only=True) as tx:
            stuck = await tx.jobs.silent(since)
        for job in stuck:
            await self._settle(job, since)
        async with self._database.unscoped(read_only=True) as tx:
            return [(owner_of(job), job.id) for job in await tx.jobs.due()]

    async def _settle(self, job: Job, since: datetime) -> None:
        principal = owner_of(job)
        if job.attempts < job.max_attempts:
            async with self._database.begin(principal) as tx:
                if await tx.jobs.requeue(job.id, job.worker, since):
                    await tx.jobs.append_event(job.id, "job.requeued", {"reason": LOST})
                    log.warning("job.requeued", job_id=job.id, worker=job.worker)
            return
        message = _SAYING.format(attempts=job.attempts, id=job.id)
        async with self._database.begin(principal) as tx:
            if await tx.jobs.fail(job.id, message, reason=LOST, dead=True, worker=job.worker):
                data = {"status": "failed", "reason": LOST, "message": message}
                await tx.jobs.append_event(job.id, "job.finished", data)
        log.error("job.buried", job_id=job.id)
        await clean(self._handlers, principal, job, JobStatus.FAILED)


def owner_of(job: Job) -> Principal:
    """Return who the job runs for: whoever submitted it, as an editor."""
    return Principal(tenant_id=job.tenant_id, subject=job.subject, roles=frozenset({Role.EDITOR}))
