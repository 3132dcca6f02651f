"""Moves objects into cold storage, removes what can be made again, and drops old indexes.

It also lets older editions answer again when the licence of the newer one has ended.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from data.database import Database
from data.errors import DatabaseError
from data.models import ArtifactKind, IndexVersion, StorageClass
from providers.errors import ProviderError
from providers.principal import Principal
from providers.protocols import ObjectStore, VectorStore
from service.reporting import Reporter
from service.upkeep.settings import IndexSettings, StorageSettings
from service.upkeep.shapes import LifecycleReport
from service.upkeep.tenants import system_principals

log = structlog.get_logger("cicerone.lifecycle")

_BATCH = 200
"""Objects between two looks at the database."""


class Lifecycle:
    """Applies the rules of storage and indexes."""

    def __init__(
        self,
        database: Database,
        *,
        vectors: VectorStore | None,
        objects: ObjectStore | None,
        storage: StorageSettings,
        indexes: IndexSettings,
    ) -> None:
        self._database = database
        self._vectors = vectors
        self._objects = objects
        self._storage = storage
        self._indexes = indexes

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        """Do the work of a job for one tenant."""
        return (await self.run(principal)).model_dump(mode="json")

    async def run_all(self) -> LifecycleReport:
        """Apply the rules for every tenant."""
        total = LifecycleReport()
        for principal in await system_principals(self._database):
            found = (await self.run(principal)).model_dump()
            sums = {name: value + found[name] for name, value in total.model_dump().items()}
            total = LifecycleReport.model_validate(sums)
        log.info("lifecycle.finished", **total.model_dump())
        return total

    async def run(self, principal: Principal) -> LifecycleReport:
        """Apply the rules for one tenant; what fails is tried again the next time."""
        moment = datetime.now(UTC)
        async with self._database.begin(principal) as tx:
            await tx.likeness.refresh_ended()
        cooled, derived, failed = 0, 0, 0
        if self._objects is not None and self._storage.raw_cold_after_days:
            before = moment - timedelta(days=self._storage.raw_cold_after_days)
            cooled, lost = await self._cool(principal, self._objects, before)
            failed += lost
        if self._objects is not None and self._storage.derived_keep_days:
            before = moment - timedelta(days=self._storage.derived_keep_days)
            derived, lost = await self._remove_derived(principal, self._objects, before)
            failed += lost
        dropped = await self._drop(principal, moment - timedelta(days=self._indexes.keep_days))
        return LifecycleReport(
            cooled=cooled, derived_removed=derived, indexes_dropped=dropped, failed=failed
        )

    async def _cool(
        self, principal: Principal, objects: ObjectStore, before: datetime
    ) -> tuple[int, int]:
        done, failed = 0, set[str]()
        while keys := await self._hot(principal, ArtifactKind.RAW, before, failed):
            for key in keys:
                try:
                    await objects.cool(key)
                except ProviderError as error:
                    failed.add(key)
                    log.warning("not_cooled", key=key, error=str(error))
                    continue
                async with self._database.begin(principal) as tx:
                    await tx.artifacts.set_class(key, StorageClass.COLD)
                done += 1
        return done, len(failed)

    async def _remove_derived(
        self, principal: Principal, objects: ObjectStore, before: datetime
    ) -> tuple[int, int]:
        done, failed = 0, set[str]()
        while keys := await self._hot(principal, ArtifactKind.DERIVED, before, failed):
            for key in keys:
                try:
                    done += await self._remove(principal, objects, key, before)
                except (ProviderError, DatabaseError) as error:
                    failed.add(key)
                    log.warning("not_removed", key=key, error=str(error))
        return done, len(failed)

    async def _remove(
        self, principal: Principal, objects: ObjectStore, key: str, before: datetime
    ) -> int:
        async with self._database.begin(principal) as tx:
            row = await tx.artifacts.locked(key)
            if row is None or row.created_at >= before:  # a run is writing it anew
                return 0
            await objects.delete(key)
            await tx.artifacts.set_class(key, StorageClass.PURGED)
        return 1

    async def _hot(
        self, principal: Principal, kind: ArtifactKind, before: datetime, failed: set[str]
    ) -> list[str]:
        async with self._database.begin(principal, read_only=True) as tx:
            keys = await tx.artifacts.hot_before(kind, before, _BATCH + len(failed))
        return [key for key in keys if key not in failed]

    async def _drop(self, principal: Principal, before: datetime) -> int:
        if self._vectors is None:
            return 0
        async with self._database.begin(principal, read_only=True) as tx:
            old = await tx.indexes.retired_before(before)
        for row in old:
            # The row goes first: nobody rolls back to an index that is being dropped.
            if await self._forget(principal, row):
                await self._vectors.drop(row.name)
                log.info("index.dropped", index=row.name)
        return len(old)

    async def _forget(self, principal: Principal, row: IndexVersion) -> bool:
        async with self._database.begin(principal) as tx:
            await tx.collections.lock(row.collection_id)
            collection = await tx.collections.by_id(row.collection_id)
            current = await tx.indexes.get(row.collection_id, row.name)
            if current is None or current.state is not row.state:
                return False
            if collection is not None and collection.live_index == row.name:
                return False
            await tx.indexes.forget(row.id)
            await tx.audit.add("index.dropped", row.name)
            left = await tx.indexes.of_collection(row.collection_id)
            if all(collection and each.name == collection.live_index for each in left):
                await tx.chunk_sets.prune(row.collection_id)
        return True
