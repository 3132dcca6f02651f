"""Ends spread jobs the way the server's own are ended."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import structlog

from data.columns import now
from data.database import Database, Transaction
from data.models import DocumentStatus, Job, WorkItem
from data.models import JobStatus as RowStatus
from graphs.ingest.state import IngestOutcome
from providers.errors import ProviderError
from providers.principal import Principal
from service.attempts import clean
from service.ingestion import IngestHandler, end_of
from service.intake import Intake
from service.reporting import JobEnd
from service.schemas import JobStatus
from service.spread.dispatching import SPREAD
from service.sweeping import owner_of

log = structlog.get_logger("cicerone.jobs")
_KEPT = (RowStatus.FAILED, RowStatus.CANCELLED)
"""The uploads of these stay for somebody who tries the job again."""


class IngestEnding:
    """What is left to do for an ingestion when its last document has ended."""

    def __init__(
        self, database: Database, kind: str, handler: IngestHandler, intake: Intake
    ) -> None:
        self._database = database
        self._kind = kind
        self._handler = handler
        self._intake = intake

    async def prepare(self, principal: Principal, job: Job) -> None:
        """Let the store build its search structures; without them it is slower, not wrong."""
        if job.collection is None or job.cancel_requested:
            return
        try:
            await self._handler.optimize(principal, job.collection)
        except ProviderError as error:
            log.warning("index.not_optimized", collection=job.collection, error=str(error))

    async def record(self, tx: Transaction, job: Job, items: list[WorkItem]) -> bool:
        """Write the report and end the job; False when it had ended already."""
        told: dict[str, Any] = {}
        if job.cancel_requested:
            status = JobStatus.CANCELLED
            ended = await tx.jobs.cancel(job.id, worker=SPREAD)
        else:
            outcomes = [_outcome_of(item.outcome) for item in items if item.outcome is not None]
            seconds = (now() - (job.started_at or now())).total_seconds()
            status, told, ended = await _finish(tx, job, end_of(outcomes, seconds))
        if ended:
            await tx.jobs.append_event(job.id, "job.finished", {"status": status.value, **told})
        return ended

    async def forget(self, job: Job) -> None:
        """Remove checkpoints, what is half done, and the uploads that nobody needs."""
        principal = owner_of(job)
        async with self._database.begin(principal, read_only=True) as tx:
            whole = await tx.jobs.get(job.id)
        if whole is None:
            return
        await clean({self._kind: self._handler}, principal, whole, JobStatus(whole.status))
        if whole.status not in _KEPT:
            await self._intake.remove(job.tenant_id, job.id)


async def _finish(
    tx: Transaction, job: Job, end: dict[str, Any] | JobEnd
) -> tuple[JobStatus, dict[str, Any], bool]:
    if isinstance(end, dict):
        return JobStatus.SUCCEEDED, {}, await tx.jobs.finish(job.id, end, worker=SPREAD)
    told = {"message": end.message}
    if end.status is JobStatus.QUARANTINED:
        ended = await tx.jobs.quarantine(job.id, end.report, end.message, worker=SPREAD)
        return end.status, told, ended
    ended = await tx.jobs.fail(
        job.id, end.message, end.report, reason=end.reason, dead=end.dead, worker=SPREAD
    )
    return JobStatus.FAILED, {**told, "reason": end.reason}, ended


def _outcome_of(kept: Mapping[str, Any]) -> IngestOutcome:
    names = {field.name for field in fields(IngestOutcome)}
    known = {name: value for name, value in kept.items() if name in names}
    return IngestOutcome(**{**known, "status": DocumentStatus(kept["status"])})
