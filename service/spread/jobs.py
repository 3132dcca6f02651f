"""What a worker does when it is asked to look at a job."""

from collections.abc import Collection, Mapping

from data.database import Database
from data.models import Job, JobStatus
from service.attempts import Attempt, JobRules
from service.reporting import JobHandler
from service.spread.dispatching import Dispatcher
from service.spread.post import clerk
from service.sweeping import owner_of


class JobWorker:
    """Moves a spread job on, and runs any other one as a whole."""

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, JobHandler],
        dispatcher: Dispatcher,
        *,
        spread_kinds: Collection[str],
        rules: JobRules,
        worker: str,
    ) -> None:
        """Take what jobs are made of; `spread_kinds` are those whose documents are spread."""
        self._database = database
        self._handlers = handlers
        self._dispatcher = dispatcher
        self._spread_kinds = spread_kinds
        self._rules = rules
        self._worker = worker
        self._running: set[Attempt] = set()

    def drain(self) -> None:
        """Let every job stop at its next safe place; another worker goes on with it."""
        for attempt in self._running:
            attempt.stop("shutdown")

    async def run(self, tenant_id: str, job_id: str) -> None:
        """Look at a job; a message about one that has ended finds nothing to do."""
        async with self._database.begin(clerk(tenant_id), read_only=True) as tx:
            job = await tx.jobs.head(job_id)
        if job is None:
            return
        if job.kind in self._spread_kinds:
            if job.status is JobStatus.QUEUED:
                await self._dispatcher.start(tenant_id, job_id)
            await self._dispatcher.look(tenant_id, job_id)
        else:
            await self._run_whole(job)

    async def _run_whole(self, job: Job) -> None:
        attempt = Attempt(
            self._database,
            self._handlers,
            owner_of(job),
            job.id,
            worker=self._worker,
            rules=self._rules,
        )
        self._running.add(attempt)
        try:
            await attempt.run()
        finally:
            self._running.discard(attempt)
