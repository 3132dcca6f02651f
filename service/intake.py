"""Puts uploads where every worker finds them, for as long as their job may need them."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio

from data.columns import now
from data.database import Database
from providers.principal import Principal
from providers.protocols import ObjectStore
from service.ingestion import PROVENANCE
from service.tidying import KEEP

if TYPE_CHECKING:
    from service.library import Upload

PREFIX: Final = "incoming"


class Intake:
    """Keeps uploads in the object store, below `incoming/TENANT/JOB/`."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    async def store(
        self, principal: Principal, job_id: str, uploads: "Sequence[Upload]"
    ) -> list[dict[str, Any]]:
        """Store the uploads of a job; returns its files, as the job's payload names them."""
        return [
            await self._store_one(f"{folder_of(principal.tenant_id, job_id)}/{number}", upload)
            for number, upload in enumerate(uploads)
        ]

    async def remove(self, tenant_id: str, job_id: str) -> None:
        """Remove the uploads of a job; those that are gone already are fine."""
        for key in await self._objects.keys(folder_of(tenant_id, job_id)):
            await self._objects.delete(key)

    async def tidy(self, database: Database) -> None:
        """Remove the uploads of jobs that ended badly and that nobody tried again."""
        folders = {tuple(key.split("/")[1:3]) for key in await self._objects.keys(PREFIX)}
        async with database.unscoped(read_only=True) as tx:
            ids = sorted(job_id for _, job_id in folders)
            old = await tx.jobs.ended_before(ids, now() - KEEP)
        for tenant_id, job_id in folders:
            if job_id in old:
                await self.remove(tenant_id, job_id)

    async def _store_one(self, key: str, upload: "Upload") -> dict[str, Any]:
        data = await anyio.Path(upload.path).read_bytes()
        sha256 = await anyio.to_thread.run_sync(_sha256, data)
        await self._objects.put(key, data, metadata={"sha256": sha256})
        if not upload.keep:
            await anyio.to_thread.run_sync(Path.unlink, upload.path)
        told = upload.provenance and PROVENANCE.dump_python(upload.provenance, mode="json")
        return {
            "source": upload.source,
            "object_key": key,
            "sha256": sha256,
            "media_type": upload.media_type,
            "provenance": told,
        }


def folder_of(tenant_id: str, job_id: str) -> str:
    """Return what the object keys of a job's uploads begin with."""
    return f"{PREFIX}/{tenant_id}/{job_id}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
