"""What the commands of upkeep need of the service, wherever it runs."""

from typing import Protocol

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


class UpkeepBackend(Protocol):
    """Deletes and their return, indexes, stores and the audit trail."""

    async def deleted(self, limit: int, offset: int) -> DeletedPage:
        """List deleted documents."""
        ...

    async def restore(self, document_id: str) -> DocumentRead:
        """Bring a deleted document back."""
        ...

    async def purge(self, document_id: str) -> None:
        """Remove a deleted document for good."""
        ...

    async def indexes(self, collection: str | None) -> list[IndexRead]:
        """List indexes."""
        ...

    async def reindex(self, collection: str, wanted: ReindexRequest) -> JobRead:
        """Replace an index."""
        ...

    async def reconcile(self, wanted: ReconcileRequest) -> JobRead:
        """Compare the stores."""
        ...

    async def lifecycle(self) -> JobRead:
        """Apply the rules of storage."""
        ...

    async def audit(self, wanted: AuditFilter, limit: int, offset: int) -> AuditPage:
        """Show who did what."""
        ...

    async def export_audit(self, wanted: AuditFilter) -> AuditExport:
        """Write a part of the audit trail into an object."""
        ...

    async def caches(self) -> CachesRead:
        """Show what the caches do."""
        ...

    async def clear_caches(self, collection: str | None) -> CachesCleared:
        """Let no answer given so far come from a cache again."""
        ...
