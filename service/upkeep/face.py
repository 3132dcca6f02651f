"""Upkeep as the API and the commands see it, and what the clock does of it."""

from dataclasses import dataclass
from typing import Any, Final

from data.database import Database
from graphs.ingest.state import IngestProviders
from providers.principal import Principal, Role
from providers.protocols import ObjectStore, VectorStore
from service.errors import ForbiddenError
from service.jobs import Jobs
from service.reporting import JobHandler
from service.scheduler import Scheduler
from service.schemas import JobRead
from service.settings import Settings
from service.upkeep.audit import AuditLog
from service.upkeep.index_trial import IndexTrial
from service.upkeep.indexes import REINDEX, Indexes
from service.upkeep.lifecycle import Lifecycle
from service.upkeep.reconcile import Reconciler
from service.upkeep.reindex import ReindexHandler
from service.upkeep.settings import ScheduleSettings
from service.upkeep.shapes import ReconcileRequest
from service.upkeep.trash import Trash

RECONCILE: Final = "reconcile"
LIFECYCLE: Final = "lifecycle"
EVERYTHING: Final = "*"
"""What a job names as its collection when it works on all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """What does the work of upkeep; built before the jobs that call it."""

    audit: AuditLog
    trash: Trash
    lifecycle: Lifecycle
    reconciler: Reconciler
    reindex: ReindexHandler

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        *,
        providers: IngestProviders | None,
        vectors: VectorStore | None,
        objects: ObjectStore | None,
    ) -> "Workers":
        """Build them around the stores."""
        trial = IndexTrial(database, providers, settings.query, settings.indexes)
        return cls(
            audit=AuditLog(database, objects, flush_s=settings.audit.flush_s),
            trash=Trash(
                database,
                vectors=vectors,
                objects=objects,
                providers=providers,
                settings=settings.ingest,
                retention_days=settings.documents.retention_days,
            ),
            lifecycle=Lifecycle(
                database,
                vectors=vectors,
                objects=objects,
                storage=settings.storage,
                indexes=settings.indexes,
            ),
            reconciler=Reconciler(
                database,
                vectors=vectors,
                providers=providers,
                settings=settings.ingest,
                storage=settings.storage,
            ),
            reindex=ReindexHandler(database, providers, settings.ingest, trial),
        )

    def handlers(self) -> dict[str, JobHandler]:
        """Return who does which kind of job."""
        return {REINDEX: self.reindex, RECONCILE: self.reconciler, LIFECYCLE: self.lifecycle}

    async def schedule(self, scheduler: Scheduler, settings: ScheduleSettings) -> None:
        """Let the clock do what the settings say.

        Raises:
            SettingsError: an expression is wrong.
        """
        work = {
            "purge": (settings.purge, self.trash.purge_due),
            "lifecycle": (settings.lifecycle, self.lifecycle.run_all),
            "reconcile": (settings.reconcile, self.reconciler.run_all),
        }
        for name, (cron, task) in work.items():
            if cron and settings.enabled:
                await scheduler.add(name, cron, task)


class Upkeep:
    """Starts upkeep on behalf of a principal."""

    def __init__(
        self, database: Database, jobs: Jobs, workers: Workers, vectors: VectorStore | None
    ) -> None:
        self.audit = workers.audit
        self.trash = workers.trash
        self.indexes = Indexes(database, jobs, vectors)
        self._jobs = jobs

    async def reconcile(self, principal: Principal, wanted: ReconcileRequest) -> JobRead:
        """Compare the stores as a job.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        payload = wanted.model_dump(mode="json")
        return await self._submit(principal, RECONCILE, wanted.collection, payload)

    async def lifecycle(self, principal: Principal) -> JobRead:
        """Apply the rules of storage and indexes now, as a job.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        return await self._submit(principal, LIFECYCLE, None, {})

    async def _submit(
        self, principal: Principal, kind: str, collection: str | None, payload: dict[str, Any]
    ) -> JobRead:
        if not principal.may(Role.ADMIN):
            raise ForbiddenError("upkeep needs a principal with the role 'admin'")
        return await self._jobs.submit(
            principal, kind, collection=collection or EVERYTHING, total=1, payload=payload
        )
