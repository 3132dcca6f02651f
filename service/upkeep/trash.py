"""Deleted documents: out of search at once, restorable for a while, then gone."""

from datetime import timedelta

import structlog

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.models import Document
from graphs.ingest.remaking import Remaker
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders, PreparedChunk
from graphs.ingest.targets import plans_of
from providers.errors import ProviderError
from providers.principal import Principal, Role
from providers.protocols import ObjectStore, VectorStore
from service.errors import (
    CapabilityDisabledError,
    DocumentNotDeletedError,
    DocumentNotFoundError,
    ForbiddenError,
)
from service.upkeep.shapes import DeletedDocument, DeletedPage, PurgeReport
from service.upkeep.tenants import system_principals

log = structlog.get_logger("cicerone.trash")

_BATCH = 100
"""Documents that are purged between two looks at the database."""


class Trash:
    """Deletes, restores and purges documents of the principal's tenant."""

    def __init__(
        self,
        database: Database,
        *,
        vectors: VectorStore | None,
        objects: ObjectStore | None,
        providers: IngestProviders | None,
        settings: IngestSettings,
        retention_days: int,
    ) -> None:
        self._database = database
        self._vectors = vectors
        self._objects = objects
        self._providers = providers
        self._settings = settings
        self._keep = timedelta(days=retention_days)

    async def put(self, principal: Principal, document_id: str) -> None:
        """Delete a document; when this returns, no search can find it any more.

        The row goes first, and every search joins with live rows; then the vectors. An
        ingestion that began before ends as failed; one that begins later brings it back.

        Raises:
            DocumentNotFoundError: the tenant has no such document.
        """
        _require(principal, Role.EDITOR)
        async with self._database.begin(principal) as tx:
            row = await tx.documents.get(document_id)
            if row is None:
                raise DocumentNotFoundError(
                    f"no document {document_id!r}; `cicerone documents list` shows them"
                )
            await tx.documents.soft_delete(document_id, self._keep)
            await tx.audit.add(
                "document.deleted", document_id, {"source": row.source}, document_id=document_id
            )
            indexes = await _indexes(tx, row)
        await self._forget(principal, document_id, indexes)

    async def deleted(
        self, principal: Principal, *, limit: int = 50, offset: int = 0
    ) -> DeletedPage:
        """List deleted documents, last deleted first."""
        async with self._database.begin(principal, read_only=True) as tx:
            rows, total = await tx.trash.list(limit, offset)
            return DeletedPage(documents=[_deleted(row) for row in rows], total=total)

    async def restore(self, principal: Principal, document_id: str) -> None:
        """Bring a deleted document back; when this returns, search finds it again.

        Its vectors are written first, then its rows: it is never found by half.

        Raises:
            DocumentNotDeletedError: it is not deleted.
            DocumentNotFoundError: the tenant has no such document, or it was purged.
            CapabilityDisabledError: there is nothing to make vectors with.
        """
        _require(principal, Role.EDITOR)
        remaker = self._remaker(principal)
        filled, prepared = set[str](), list[PreparedChunk]()
        while True:
            async with self._database.begin(principal) as tx:
                row = await self._found(tx, document_id)
                await tx.collections.lock(row.collection_id)
                plans = await plans_of(tx, row.collection_id, remaker.providers.configured)
                version = await tx.trash.published(row)
                if version is None or {plan.index for plan in plans} <= filled:
                    await tx.trash.restore(document_id)
                    detail = {"source": row.source}
                    await tx.audit.add(
                        "document.restored", document_id, detail, document_id=document_id
                    )
                    break
                chunks = await tx.trash.chunks(version)
            prepared = await remaker.as_stored(row.source, version, chunks)
            await remaker.filler(version).fill(plans, prepared)
            filled = {plan.index for plan in plans}
        if version is not None:  # a delete that is still removing vectors may have taken these
            await remaker.filler(version).fill(plans, prepared)

    async def purge(self, principal: Principal, document_id: str) -> None:
        """Remove a deleted document for good: rows, vectors and objects.

        Raises:
            DocumentNotDeletedError: it is not deleted.
            DocumentNotFoundError: the tenant has no such document.
        """
        _require(principal, Role.ADMIN)
        async with self._database.begin(principal, read_only=True) as tx:
            row = await self._found(tx, document_id)
            indexes = await _indexes(tx, row)
        if self._vectors is not None:
            for index in indexes:
                await self._vectors.delete_document(index, principal.tenant_id, document_id)
        async with self._database.begin(principal) as tx:
            keys = await tx.trash.doom(document_id, before=row.deleted_at)
            if keys is None:
                raise DocumentNotDeletedError("it came back meanwhile")
            # Within the transaction: whoever stores the same bytes waits for its end.
            if self._objects is not None:
                for key in keys:
                    await self._objects.delete(key)
            await tx.trash.purge(document_id, keys)
            await tx.audit.add(
                "document.purged",
                document_id,
                {"source": row.source, "objects": len(keys)},
                document_id=document_id,
            )

    async def purge_due(self) -> PurgeReport:
        """Purge the documents of all tenants whose time is over."""
        purged = failed = 0
        for principal in await system_principals(self._database):
            seen: set[str] = set()
            while due := await self._due(principal, seen):
                for document_id in due:
                    seen.add(document_id)
                    try:
                        await self.purge(principal, document_id)
                        purged += 1
                    except (ProviderError, DatabaseError, DocumentNotDeletedError) as error:
                        failed += 1
                        log.warning("not_purged", document_id=document_id, error=str(error))
        return PurgeReport(purged=purged, failed=failed)

    async def _due(self, principal: Principal, seen: set[str]) -> list[str]:
        async with self._database.begin(principal, read_only=True) as tx:
            due = await tx.trash.due(self._keep, limit=_BATCH + len(seen))
        return [document_id for document_id in due if document_id not in seen]

    async def _forget(self, principal: Principal, document_id: str, indexes: set[str]) -> None:
        """Remove the vectors; one who ingests the document meanwhile gets theirs back."""
        if self._vectors is None:
            return
        for index in indexes:
            await self._vectors.delete_document(index, principal.tenant_id, document_id)
        if self._providers is not None:
            await self._remaker(principal).settle(self._database, document_id)

    async def _found(self, tx: Transaction, document_id: str) -> Document:
        row = await tx.trash.get(document_id)
        if row is not None:
            return row
        if await tx.documents.get(document_id) is not None:
            raise DocumentNotDeletedError(f"the document {document_id} is not deleted")
        raise DocumentNotFoundError(
            f"no deleted document {document_id!r}; `cicerone documents deleted` shows them"
        )

    def _remaker(self, principal: Principal) -> Remaker:
        if self._providers is None:
            raise CapabilityDisabledError("vectors cannot be made: parser.enabled is false")
        return Remaker(self._providers, self._settings, principal)


async def _indexes(tx: Transaction, row: Document) -> set[str]:
    """Return the names of all indexes that may hold vectors of a document."""
    rows = await tx.indexes.of_collection(row.collection_id)
    live = row.collection.live_index
    return {each.name for each in rows} | ({live} if live else set())


def _deleted(row: Document) -> DeletedDocument:
    if row.deleted_at is None:
        raise AssertionError("only deleted documents are listed")
    return DeletedDocument(
        document_id=row.id,
        source=row.source,
        collection=row.collection.name,
        version=row.version,
        deleted_at=row.deleted_at,
        purge_after=row.purge_after,
    )


def _require(principal: Principal, role: Role) -> None:
    if not principal.may(role):
        raise ForbiddenError(f"this needs a principal with the role {role.value!r}")
