"""Compares database, vector store and object store, and mends what differs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import structlog

from data.database import Database
from graphs.ingest.naming import index_prefix
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders
from providers.principal import Principal
from providers.protocols import VectorStore
from service.errors import CapabilityDisabledError
from service.reporting import Reporter
from service.upkeep.audit import write_log
from service.upkeep.index_check import IndexReconciler
from service.upkeep.object_check import ObjectReconciler
from service.upkeep.settings import StorageSettings
from service.upkeep.shapes import IndexCheck, ObjectCheck, ReconcileReport
from service.upkeep.tenants import system_principals

log = structlog.get_logger("cicerone.reconcile")


class Reconciler:
    """Looks both ways: what one store has and another lacks."""

    def __init__(
        self,
        database: Database,
        *,
        vectors: VectorStore | None,
        providers: IngestProviders | None,
        settings: IngestSettings,
        storage: StorageSettings,
    ) -> None:
        self._database = database
        self._vectors = vectors
        self._providers = providers
        self._settings = settings
        self._grace = timedelta(minutes=storage.grace_minutes)

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        """Do the work of a job."""
        report = await self.run(
            principal, repair=payload["repair"], collection=payload.get("collection")
        )
        return report.model_dump(mode="json")

    async def run_all(self) -> None:
        """Compare and mend for every tenant, and keep each report below `logs/`."""
        for principal in await system_principals(self._database):
            report = await self.run(principal, repair=True)
            log.info("reconcile.finished", tenant=principal.tenant_id, clean=report.clean)
            objects = self._providers.object_store if self._providers else None
            if objects is not None and not report.clean:
                moment = f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}"
                key = f"logs/{principal.tenant_id}/reconcile/{moment}.json"
                data = report.model_dump_json(indent=2).encode()
                await write_log(self._database, objects, principal, key, data)

    async def run(
        self, principal: Principal, *, repair: bool, collection: str | None = None
    ) -> ReconcileReport:
        """Compare the stores of one tenant.

        Args:
            principal: Whose.
            repair: Also mend: vectors are made again or removed, objects accounted for or
                removed. What may belong to work that is going on is left alone.
            collection: Only its indexes, and no objects.

        Raises:
            CapabilityDisabledError: there is no vector store, or nothing to make vectors with.
        """
        if self._vectors is None or self._providers is None:
            raise CapabilityDisabledError(
                "nothing to compare: vector_store.enabled or parser.enabled is false"
            )
        started = perf_counter()
        indexes = await self._check_indexes(principal, repair=repair, collection=collection)
        objects, unreferenced = ObjectCheck(), list[str]()
        if collection is None:
            unreferenced = await self._unreferenced(self._vectors, repair=repair)
            objects = await ObjectReconciler(
                self._database, self._providers.object_store, principal, self._grace
            ).run(repair=repair)
        report = ReconcileReport(
            clean=_is_clean(indexes, objects, unreferenced),
            repaired=repair,
            indexes=indexes,
            objects=objects,
            unreferenced=unreferenced,
            seconds=round(perf_counter() - started, 3),
        )
        await self._record(principal, report)
        return report

    async def _check_indexes(
        self, principal: Principal, *, repair: bool, collection: str | None
    ) -> list[IndexCheck]:
        if self._providers is None:
            return []
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.collections.list()
        checker = IndexReconciler(self._database, self._providers, self._settings, principal)
        found: list[IndexCheck] = []
        for row in rows:
            if collection in (None, row.name):
                found.extend(await checker.run(row, repair=repair))
        return found

    async def _unreferenced(self, vectors: VectorStore, *, repair: bool) -> list[str]:
        """Return the indexes of our collections that none of them has any more.

        Others are left alone: another installation may share the server.
        """
        there = await vectors.indexes()
        async with self._database.unscoped() as tx:
            named = await tx.indexes.names()
            ours = {index_prefix(id) for id in await tx.indexes.collections()}
        left = [name for name in there if name not in named and name.partition("-")[0] in ours]
        if repair:
            for name in left:
                await vectors.drop(name)
        return left

    async def _record(self, principal: Principal, report: ReconcileReport) -> None:
        detail = {"clean": report.clean, "repaired": report.repaired}
        async with self._database.begin(principal) as tx:
            await tx.audit.add("stores.reconciled", detail=detail)


def _is_clean(indexes: list[IndexCheck], objects: ObjectCheck, unreferenced: list[str]) -> bool:
    differs = any(check.orphans or check.missing for check in indexes)
    wrong = objects.unknown or objects.gone or objects.left_over or objects.lost
    return not (differs or wrong or unreferenced)
