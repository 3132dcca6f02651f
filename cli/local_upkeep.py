"""Upkeep of a home that no server owns."""

from data.values import AuditFilter
from providers.principal import Principal
from service.cache_schemas import CachesCleared, CachesRead
from service.container import Container
from service.schemas import DocumentRead, JobRead
from service.upkeep.shapes import (
    AuditExport,
    AuditPage,
    DeletedPage,
    IndexRead,
    ReconcileRequest,
    ReindexRequest,
)


class LocalUpkeep:
    """Calls the service in this process."""

    def __init__(self, container: Container, principal: Principal) -> None:
        self._library = container.library
        self._upkeep = container.upkeep
        self._caches = container.caches
        self._principal = principal

    async def deleted(self, limit: int, offset: int) -> DeletedPage:
        """List deleted documents."""
        return await self._upkeep.trash.deleted(self._principal, limit=limit, offset=offset)

    async def restore(self, document_id: str) -> DocumentRead:
        """Bring a deleted document back."""
        await self._upkeep.trash.restore(self._principal, document_id)
        return await self._library.document(self._principal, document_id)

    async def purge(self, document_id: str) -> None:
        """Remove a deleted document for good."""
        await self._upkeep.trash.purge(self._principal, document_id)

    async def indexes(self, collection: str | None) -> list[IndexRead]:
        """List indexes."""
        return await self._upkeep.indexes.list(self._principal, collection)

    async def reindex(self, collection: str, wanted: ReindexRequest) -> JobRead:
        """Replace an index."""
        return await self._upkeep.indexes.reindex(self._principal, collection, wanted)

    async def reconcile(self, wanted: ReconcileRequest) -> JobRead:
        """Compare the stores."""
        return await self._upkeep.reconcile(self._principal, wanted)

    async def lifecycle(self) -> JobRead:
        """Apply the rules of storage."""
        return await self._upkeep.lifecycle(self._principal)

    async def audit(self, wanted: AuditFilter, limit: int, offset: int) -> AuditPage:
        """Show who did what."""
        return await self._upkeep.audit.page(self._principal, wanted, limit=limit, offset=offset)

    async def export_audit(self, wanted: AuditFilter) -> AuditExport:
        """Write a part of the audit trail into an object."""
        return await self._upkeep.audit.export(self._principal, wanted)

    async def caches(self) -> CachesRead:
        """Show what the caches do."""
        return await self._caches.report(self._principal)

    async def clear_caches(self, collection: str | None) -> CachesCleared:
        """Let no answer given so far come from a cache again."""
        return await self._caches.clear(self._principal, collection)
