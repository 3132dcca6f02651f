"""Compares the objects of a tenant with their rows."""

import hashlib
from datetime import UTC, datetime, timedelta

import anyio.to_thread
import structlog

from data.database import Database
from data.models import ArtifactKind, FileArtifact, StorageClass
from data.values import NewArtifact
from providers.errors import ProviderError
from providers.principal import Principal
from providers.protocols import ObjectStore
from providers.types import ObjectInfo
from service.upkeep.shapes import ObjectCheck

log = structlog.get_logger("cicerone.reconcile")

_EXAMPLES = 5
_KINDS = (ArtifactKind.RAW, ArtifactKind.PROCESSED, ArtifactKind.DERIVED, ArtifactKind.LOGS)


class ObjectReconciler:
    """Checks the objects of one principal's tenant; what is younger than `grace` is left."""

    def __init__(
        self,
        database: Database,
        objects: ObjectStore | None,
        principal: Principal,
        grace: timedelta,
    ) -> None:
        self._database = database
        self._objects = objects
        self._principal = principal
        self._before = datetime.now(UTC) - grace

    async def run(self, *, repair: bool) -> ObjectCheck:
        """Compare both ways; without `repair` nothing is changed."""
        if self._objects is None:
            return ObjectCheck()
        there = await self._listed(self._objects)
        async with self._database.begin(self._principal, read_only=True) as tx:
            rows = {row.object_key: row for row in await tx.artifacts.list()}
            used = await tx.artifacts.in_use()
            originals, texts = await tx.artifacts.named()
        kept = {key for key, row in rows.items() if row.storage_class is not StorageClass.PURGED}
        old = {key for key, info in there.items() if info.modified < self._before}
        unknown = sorted((there.keys() - kept) & old)
        gone = sorted(key for key in kept - there.keys() if rows[key].created_at < self._before)
        left_over = sorted(key for key in kept & old if _is_left_over(rows[key], used))
        lost = {key for key in gone if _kind(key) is ArtifactKind.RAW}
        lost |= originals - there.keys() - kept
        adopted = removed = 0
        if repair:
            named = originals | texts | {f"{key.removesuffix('.txt')}.json" for key in texts}
            adopted, removed = await self._mend(self._objects, unknown, left_over, named)
            await self._forget([key for key in gone if key not in lost])
        return ObjectCheck(
            objects=len(there),
            rows=len(kept),
            unknown=len(unknown),
            gone=len(gone),
            left_over=len(left_over),
            lost=len(lost),
            adopted=adopted,
            removed=removed,
            examples=[*unknown[:_EXAMPLES], *gone[:_EXAMPLES], *left_over[:_EXAMPLES]],
        )

    async def _listed(self, objects: ObjectStore) -> dict[str, ObjectInfo]:
        found: dict[str, ObjectInfo] = {}
        for kind in _KINDS:
            entries = await objects.entries(f"{kind}/{self._principal.tenant_id}")
            found |= {entry.key: entry for entry in entries}
        return found

    async def _mend(
        self, objects: ObjectStore, unknown: list[str], left_over: list[str], named: set[str]
    ) -> tuple[int, int]:
        """Account for originals and texts that a version names; remove the others."""
        adopted = removed = 0
        for key in [*unknown, *left_over]:
            try:
                if key in named:
                    await self._adopt(objects, key)
                    adopted += 1
                else:
                    removed += await self._remove(objects, key)
            except ProviderError as error:
                log.warning("object_not_mended", key=key, error=str(error))
        return adopted, removed

    async def _adopt(self, objects: ObjectStore, key: str) -> None:
        """Write the row of an object that an earlier release stored without one."""
        info, data = await objects.head(key), await objects.get(key)
        new = NewArtifact(
            object_key=key,
            kind=_kind(key),
            sha256=(await anyio.to_thread.run_sync(hashlib.sha256, data)).hexdigest(),
            bytes=info.size,
            source_uri=info.metadata.get("uri") or info.metadata.get("source"),
            licence=info.metadata.get("licence"),
            crawl_rules=info.metadata.get("crawl_rules"),
        )
        async with self._database.begin(self._principal) as tx:
            await tx.artifacts.record(new)

    async def _remove(self, objects: ObjectStore, key: str) -> int:
        """Remove an object that nobody names, unless somebody began to since."""
        async with self._database.begin(self._principal) as tx:
            row = await tx.artifacts.locked(key)
            if row is not None and row.created_at >= self._before:
                return 0
            if key in await tx.artifacts.referenced([key]):
                return 0
            await objects.delete(key)
            await tx.artifacts.set_class(key, StorageClass.PURGED)
        return 1

    async def _forget(self, keys: list[str]) -> None:
        """Write down that objects are gone that can be made again."""
        async with self._database.begin(self._principal) as tx:
            for key in keys:
                await tx.artifacts.set_class(key, StorageClass.PURGED)


def _kind(key: str) -> ArtifactKind:
    return ArtifactKind(key.partition("/")[0])


def _is_left_over(row: FileArtifact, used: set[str]) -> bool:
    """Tell whether an object was derived from a version that nobody needs any more."""
    return row.kind is ArtifactKind.DERIVED and row.version_id not in used
