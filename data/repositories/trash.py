"""Where deleted documents wait: they can be restored until they are purged."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update

from data.columns import now
from data.models import (
    Chunk,
    Document,
    DocumentLicence,
    DocumentLink,
    DocumentStatus,
    DocumentVersion,
    FileArtifact,
    Owned,
    Section,
    SignatureBand,
    SourceItem,
    VersionSignature,
    VersionStatus,
)
from data.repositories.base import Repository
from data.repositories.chunks import READ
from data.scope import INCLUDE_DELETED

_OF_VERSION: tuple[type[Owned], ...] = (SignatureBand, VersionSignature, Section, Chunk)
"""What hangs on a version and goes with it, leaves first."""


class TrashRepository(Repository):
    """The deleted documents of a tenant."""

    async def get(self, id: str) -> Document | None:
        """Return a deleted document."""
        query = select(Document).where(Document.id == id, Document.deleted_at.is_not(None))
        return await self._one(query, deleted=True)

    async def published(self, document: Document) -> DocumentVersion | None:
        """Return the version that search found when the document was deleted."""
        query = select(DocumentVersion).where(
            DocumentVersion.document_id == document.id,
            DocumentVersion.deleted_at == document.deleted_at,
            DocumentVersion.number == document.current_version,
        )
        return await self._one(query, deleted=True)

    async def chunks(self, version: DocumentVersion) -> Sequence[Chunk]:
        """Return the chunks of a version of a deleted document, in reading order."""
        query = (
            select(Chunk)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(Chunk.version_id == version.id, READ)
            .order_by(Chunk.ordinal)
        )
        return await self._all(query, deleted=True)

    async def restore(self, id: str) -> Document | None:
        """Bring a document back as it was; None when it is not deleted (any more)."""
        document = await self._locked(id)
        if document is None:
            return None
        of_it = (
            DocumentVersion.document_id == id,
            DocumentVersion.deleted_at == document.deleted_at,
        )
        found = DocumentVersion.number == document.current_version
        statement = update(DocumentVersion).where(*of_it, found)
        await self._change(statement.values(status=VersionStatus.PUBLISHED), deleted=True)
        await self._change(
            update(DocumentVersion).where(*of_it).values(deleted_at=None), deleted=True
        )
        document.deleted_at = document.purge_after = None
        self._finds_other(collections=[document.collection_id])
        if document.status is DocumentStatus.PENDING:
            document.status = DocumentStatus.FAILED
            document.message = "It was deleted while it was ingested; ingest it again."
        await self._session.flush()
        return document

    async def due(self, keep: timedelta, limit: int) -> Sequence[str]:
        """Return the ids of documents whose time is over.

        Args:
            keep: For those that were deleted without a date.
            limit: Most ids to return.
        """
        moment = now()
        over = or_(
            Document.purge_after <= moment,
            Document.purge_after.is_(None) & (Document.deleted_at <= moment - keep),
        )
        query = select(Document.id).where(Document.deleted_at.is_not(None), over).limit(limit)
        rows = await self._session.execute(query, execution_options=INCLUDE_DELETED)
        return list(rows.scalars())

    async def doom(self, id: str, *, before: datetime | None = None) -> list[str] | None:
        """Lock a deleted document and return the keys of the objects that are its alone.

        Args:
            id: Which document.
            before: Leave it when it was deleted later.

        Returns:
            None when it is not deleted (any more).
        """
        document = await self._locked(id)
        if document is None or document.deleted_at is None:
            return None
        if before is not None and document.deleted_at > before:
            return None
        versions = await self._versions(id)
        ids = [version.id for version in versions]
        rows = await self._all(
            select(FileArtifact).where(FileArtifact.version_id.in_(ids)).with_for_update(),
            deleted=True,
        )
        named = {key for each in versions for key in (each.object_key, each.text_key) if key}
        keys = named | {row.object_key for row in rows}
        return sorted(keys - await self._shared(keys, id))

    async def purge(self, id: str, keys: Sequence[str]) -> None:
        """Remove the rows of a doomed document and of the objects that went with it."""
        ids = select(DocumentVersion.id).where(DocumentVersion.document_id == id)
        for model in _OF_VERSION:
            column = model.__table__.c.version_id
            await self._change(delete(model).where(column.in_(ids)), deleted=True)
        await self._change(
            delete(FileArtifact).where(FileArtifact.object_key.in_(keys)), deleted=True
        )
        ours = FileArtifact.version_id.in_(ids)
        await self._change(update(FileArtifact).where(ours).values(version_id=None), deleted=True)
        pair = or_(DocumentLink.newer_id == id, DocumentLink.older_id == id)
        await self._change(delete(DocumentLink).where(pair), deleted=True)
        for owned in (DocumentLicence, Chunk):
            column = owned.__table__.c.document_id
            await self._change(delete(owned).where(column == id), deleted=True)
        item = update(SourceItem).where(SourceItem.document_id == id)
        await self._change(item.values(document_id=None), deleted=True)
        versions = delete(DocumentVersion).where(DocumentVersion.document_id == id)
        await self._change(versions, deleted=True)
        await self._change(delete(Document).where(Document.id == id), deleted=True)

    async def _locked(self, id: str) -> Document | None:
        query = select(Document).where(Document.id == id, Document.deleted_at.is_not(None))
        return await self._one(query.with_for_update(of=Document), deleted=True)

    async def _versions(self, id: str) -> list[DocumentVersion]:
        query = select(DocumentVersion).where(DocumentVersion.document_id == id)
        return await self._all(query, deleted=True)

    async def _shared(self, keys: set[str], id: str) -> set[str]:
        """Return those keys that a version of another document names."""
        named = or_(DocumentVersion.object_key.in_(keys), DocumentVersion.text_key.in_(keys))
        query = select(DocumentVersion).where(DocumentVersion.document_id != id, named)
        others = await self._all(query, deleted=True)
        return {key for each in others for key in (each.object_key, each.text_key) if key}

    async def list(self, limit: int = 50, offset: int = 0) -> tuple[Sequence[Document], int]:
        """Return a page of deleted documents, last deleted first, and how many there are."""
        query = select(Document).where(Document.deleted_at.is_not(None))
        count = query.with_only_columns(func.count(Document.id))
        total = await self._session.execute(count, execution_options=INCLUDE_DELETED)
        order = (Document.deleted_at.desc(), Document.id)
        page = query.order_by(*order).limit(limit).offset(offset)
        return await self._all(page, deleted=True), total.scalar_one()
