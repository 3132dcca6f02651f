"""Upkeep of a home that a running server owns."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import httpx
from pydantic import BaseModel

from data.values import AuditFilter
from service.cache_schemas import CachesCleared, CachesRead
from service.schemas import DocumentRead, JobRead
from service.upkeep.shapes import (
    AuditExport,
    AuditPage,
    DeletedPage,
    IndexRead,
    ReconcileRequest,
    ReindexRequest,
)

Send = Callable[..., Awaitable[httpx.Response]]
"""Sends a request (method, path, options of httpx); raises a `ProblemError` when refused."""


class RemoteUpkeep:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def deleted(self, limit: int, offset: int) -> DeletedPage:
        """List deleted documents."""
        params = {"limit": limit, "offset": offset}
        response = await self._send("GET", "/api/trash", params=params)
        return DeletedPage.model_validate_json(response.content)

    async def restore(self, document_id: str) -> DocumentRead:
        """Bring a deleted document back."""
        response = await self._send("POST", f"/api/documents/{document_id}/restore")
        return DocumentRead.model_validate_json(response.content)

    async def purge(self, document_id: str) -> None:
        """Remove a deleted document for good."""
        await self._send("DELETE", f"/api/trash/{document_id}")

    async def indexes(self, collection: str | None) -> list[IndexRead]:
        """List indexes."""
        params = {} if collection is None else {"collection": collection}
        response = await self._send("GET", "/api/indexes", params=params)
        return [IndexRead.model_validate(item) for item in response.json()]

    async def reindex(self, collection: str, wanted: ReindexRequest) -> JobRead:
        """Replace an index."""
        return await self._start(f"/api/collections/{collection}/reindex", wanted)

    async def reconcile(self, wanted: ReconcileRequest) -> JobRead:
        """Compare the stores."""
        return await self._start("/api/reconcile", wanted)

    async def lifecycle(self) -> JobRead:
        """Apply the rules of storage."""
        return await self._start("/api/lifecycle", None)

    async def audit(self, wanted: AuditFilter, limit: int, offset: int) -> AuditPage:
        """Show who did what."""
        params = {**_params(wanted), "limit": limit, "offset": offset}
        response = await self._send("GET", "/api/audit", params=params)
        return AuditPage.model_validate_json(response.content)

    async def export_audit(self, wanted: AuditFilter) -> AuditExport:
        """Write a part of the audit trail into an object."""
        response = await self._send("POST", "/api/audit/export", params=_params(wanted))
        return AuditExport.model_validate_json(response.content)

    async def caches(self) -> CachesRead:
        """Show what the caches do."""
        response = await self._send("GET", "/api/caches")
        return CachesRead.model_validate_json(response.content)

    async def clear_caches(self, collection: str | None) -> CachesCleared:
        """Let no answer given so far come from a cache again."""
        params = {} if collection is None else {"collection": collection}
        response = await self._send("DELETE", "/api/caches", params=params)
        return CachesCleared.model_validate_json(response.content)

    async def _start(self, path: str, wanted: BaseModel | None) -> JobRead:
        body = None if wanted is None else wanted.model_dump(mode="json")
        response = await self._send("POST", path, json=body)
        return JobRead.model_validate_json(response.content)


def _params(wanted: AuditFilter) -> dict[str, Any]:
    given = {name: value for name, value in asdict(wanted).items() if value is not None}
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in given.items()
    }
