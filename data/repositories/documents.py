"""Where documents and their versions are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, case, func, or_, select, update

from data.columns import now
from data.errors import DocumentGoneError
from data.models import (
    Collection,
    Document,
    DocumentStatus,
    DocumentVersion,
    FileArtifact,
    Review,
    VersionStatus,
)
from data.repositories.base import Repository, new_id
from data.repositories.likeness import LikenessRepository
from data.values import NewVersion, ParsedVersion, document_id

_STATUS_OF = {
    VersionStatus.PENDING: DocumentStatus.PENDING,
    VersionStatus.PUBLISHED: DocumentStatus.INDEXED,
    VersionStatus.SUPERSEDED: DocumentStatus.INDEXED,
    VersionStatus.QUARANTINED: DocumentStatus.QUARANTINED,
    VersionStatus.FAILED: DocumentStatus.FAILED,
}


_LAST_STATE = {
    VersionStatus.PUBLISHED: VersionStatus.SUPERSEDED,
    VersionStatus.PENDING: VersionStatus.FAILED,
}
"""What becomes of a version's status when its document is deleted; the others stay."""


_PUBLISHED = select(DocumentVersion).where(
    DocumentVersion.document_id == bindparam("document_id"),
    DocumentVersion.status == VersionStatus.PUBLISHED,
)


class DocumentRepository(Repository):
    """The documents of a tenant.

    The life of a document: `ensure` → `add_version` → `describe` → (chunks and sections) →
    `publish`, or `quarantine`, or `fail`; at the end `soft_delete`. Each step may be repeated.
    """

    async def get(self, id: str) -> Document | None:
        """Return the document with that id, with its collection; to the public, a public one."""
        return await self._one(self._shown().where(Document.id == id))

    async def by_source(self, collection_id: str, source: str) -> Document | None:
        """Return the document of that source in a collection."""
        query = select(Document).where(
            Document.collection_id == collection_id, Document.source == source
        )
        return await self._one(query)

    async def by_sha256(self, collection_id: str, sha256: str) -> Document | None:
        """Return the oldest document of the collection whose published bytes have that hash."""
        query = (
            select(Document)
            .join(DocumentVersion, DocumentVersion.document_id == Document.id)
            .where(
                Document.collection_id == collection_id,
                DocumentVersion.sha256 == sha256,
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
            .order_by(Document.created_at, Document.id)
            .limit(1)
        )
        return await self._one(query)

    async def list(
        self,
        collection: str | None = None,
        status: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Sequence[Document], int]:
        """Return a page of documents, newest first, and how many there are in all.

        Args:
            collection: Name of a collection, or None for all.
            status: One of `DocumentStatus`, or None for all.
            limit: Most rows to return.
            offset: Rows to leave out before them.
        """
        query = self._shown()
        if collection is not None:
            query = query.where(Document.collection.has(Collection.name == collection))
        if status is not None:
            query = query.where(Document.status == DocumentStatus(status))
        count = query.with_only_columns(func.count(Document.id))
        total = (await self._session.execute(count)).scalar_one()
        order = (Document.created_at.desc(), Document.id)
        return await self._all(query.order_by(*order).limit(limit).offset(offset)), total

    def _shown(self) -> Select[Document]:
        query = select(Document)
        return query.where(Document.is_public) if self._principal.is_public else query

    async def ensure(
        self,
        collection_id: str,
        source: str,
        *,
        title: str | None = None,
        began_at: datetime | None = None,
    ) -> Document:
        """Return the document of a source; make it, or revive it when it was deleted.

        Args:
            collection_id: Where it belongs.
            source: Its name there.
            title: What to call it.
            began_at: When the work began that asks; a document deleted since stays deleted.

        Raises:
            DocumentGoneError: It was deleted after `began_at`.
        """
        id = document_id(self._principal.tenant_id, collection_id, source)
        row = {"id": id, "collection_id": collection_id, "source": source, "title": title}
        await self._insert(Document, [row], ignore=True)
        query = select(Document).where(Document.id == id).with_for_update(of=Document)
        document = await self._one(query, deleted=True)
        if document is None:
            raise DocumentGoneError(f"the document {source!r} could not be made")
        if document.deleted_at is not None:
            if began_at is not None and document.deleted_at >= began_at:
                raise DocumentGoneError(f"{source!r} was deleted meanwhile; ingest it again")
            document.deleted_at = document.purge_after = document.current_version = None
            document.status = DocumentStatus.PENDING
            document.reason = document.message = document.superseded_by = None
        if title is not None:
            document.title = title
        await self._session.flush()
        return document

    async def retrace(self, source_id: str, *, product_id: str | None, is_public: bool) -> None:
        """Let all documents of a source be about a product, and seen by the public or not."""
        await self._change(
            update(Document)
            .where(Document.source_id == source_id)
            .values(product_id=product_id, is_public=is_public)
        )
        ours = select(Document.collection_id).where(Document.source_id == source_id).distinct()
        self._finds_other(collections=(await self._session.execute(ours)).scalars().all())

    async def of_source(self, source_id: str, *, limit: int = 100) -> Sequence[Document]:
        """Return documents that came from a source."""
        query = select(Document).where(Document.source_id == source_id).order_by(Document.id)
        return await self._all(query.limit(limit))

    async def soft_delete(self, id: str, keep: timedelta = timedelta()) -> bool:
        """Make a document and its versions unfindable; tell whether there was one.

        Its chunks and `current_version` stay until it is purged, so that it can be restored
        and `chunks.ids_of_document` still says which vectors must go.

        Args:
            id: Which document.
            keep: How long it can be restored.
        """
        moment = now()
        times = {"deleted_at": moment, "purge_after": moment + keep, "updated_at": moment}
        changed = await self._change(update(Document).where(Document.id == id).values(times))
        self._finds_other(documents=[id])
        state = case(_LAST_STATE, value=DocumentVersion.status, else_=DocumentVersion.status)
        await self._change(
            update(DocumentVersion)
            .where(DocumentVersion.document_id == id)
            .values(deleted_at=moment, status=state)
        )
        await self._refresh_relatives(id)
        return changed > 0

    async def attach(
        self,
        id: str,
        *,
        source_id: str | None = None,
        source_uri: str | None = None,
        product_id: str | None = None,
        is_public: bool | None = None,
    ) -> None:
        """Write down where a document comes from and what it is about; None changes nothing."""
        origin = _given({"source_id": source_id, "source_uri": source_uri})
        if origin:
            await self._change(update(Document).where(Document.id == id).values(**origin))
        seen = _given({"product_id": product_id, "is_public": is_public})
        differs = [Document.__table__.c[name].is_distinct_from(seen[name]) for name in seen]
        if differs:
            statement = update(Document).where(Document.id == id, or_(*differs)).values(**seen)
            if await self._change(statement):
                self._finds_other(documents=[id])
        if is_public is not None:
            await self._refresh_relatives(id)

    async def versions(self, id: str) -> Sequence[DocumentVersion]:
        """Return the versions of a document, newest first."""
        query = (
            select(DocumentVersion)
            .where(DocumentVersion.document_id == id)
            .order_by(DocumentVersion.number.desc())
        )
        return await self._all(query)

    async def version(self, version_id: str) -> DocumentVersion | None:
        """Return the version with that id."""
        return await self._one(select(DocumentVersion).where(DocumentVersion.id == version_id))

    async def version_number(self, id: str, number: int) -> DocumentVersion | None:
        """Return a document's version by its number."""
        query = select(DocumentVersion).where(
            DocumentVersion.document_id == id, DocumentVersion.number == number
        )
        return await self._one(query)

    async def published(self, id: str) -> DocumentVersion | None:
        """Return the version of a document that search finds."""
        return await self._one(_PUBLISHED, {"document_id": id})

    async def add_version(self, id: str, new: NewVersion) -> DocumentVersion:
        """Return the version that holds those bytes, made when there is none.

        A version that is published already stays published: the file is unchanged. Any other
        one starts again as pending.

        Raises:
            DocumentGoneError: There is no such document, or it is deleted.
        """
        document = await self._locked(id)
        query = select(DocumentVersion).where(
            DocumentVersion.document_id == id, DocumentVersion.sha256 == new.sha256
        )
        version = await self._one(query)
        if version is None:
            version = await self._make_version(id, new)
        elif version.status is not VersionStatus.PUBLISHED:
            version.status = VersionStatus.PENDING
            version.reason = version.message = None
            version.object_key = new.object_key or version.object_key
            if version.review is not Review.RELEASED:
                version.review = version.reviewed_by = version.reviewed_at = None
        summarise(document, version)
        await self._session.flush()
        return version

    async def describe(self, version_id: str, parsed: ParsedVersion) -> DocumentVersion:
        """Write down what parsing found out.

        Raises:
            DocumentGoneError: There is no such version, or its document is deleted.
        """
        document, version = await self._locked_version(version_id)
        _take(version, parsed)
        return await self._settle(document, version)

    async def publish(
        self, version_id: str, parsed: ParsedVersion | None = None
    ) -> DocumentVersion:
        """Let search find this version and no other one of its document, in one step.

        When a version that arrived later is published already, this one is superseded
        before it was ever seen: late work never replaces newer content. With `parsed`, what
        `describe` writes is written too.

        Returns:
            The version; its status is `published` or, in that case, `superseded`.

        Raises:
            DocumentGoneError: There is no such version, or its document is deleted.
        """
        document, version = await self._locked_version(version_id)
        if parsed is not None:
            _take(version, parsed)
        if document.version != version.number and document.current_version == document.version:
            version.status = VersionStatus.SUPERSEDED
            return await self._settle(document, version)
        await self._change(
            update(DocumentVersion)
            .where(
                DocumentVersion.document_id == document.id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
                DocumentVersion.id != version_id,
            )
            .values(status=VersionStatus.SUPERSEDED)
        )
        version.status = VersionStatus.PUBLISHED
        version.published_at = now()
        version.reason = version.message = None
        document.current_version = version.number
        self._finds_other(collections=[document.collection_id])
        await self._settle(document, version)
        await self._refresh_relatives(document.id)
        return version

    async def quarantine(self, version_id: str, reason: str, message: str) -> DocumentVersion:
        """Set a version aside that cannot be used; an earlier published one stays findable.

        Args:
            version_id: Which version.
            reason: One of `providers.errors.QuarantineReason`.
            message: What is wrong and what a person can do.

        Raises:
            DocumentGoneError: There is no such version, or its document is deleted.
        """
        return await self._reject(version_id, VersionStatus.QUARANTINED, reason, message)

    async def keep_no_original(self, version_id: str) -> None:
        """Say that the bytes of a version were not kept."""
        await self._change(
            update(DocumentVersion).where(DocumentVersion.id == version_id).values(object_key=None)
        )

    async def fail(self, version_id: str, message: str) -> DocumentVersion:
        """Mark a version whose ingestion broke for a reason that is not the file's.

        Raises:
            DocumentGoneError: There is no such version, or its document is deleted.
        """
        return await self._reject(version_id, VersionStatus.FAILED, None, message)

    async def withdraw_version(self, version_id: str) -> None:
        """Take back a version that says what the published one says; again changes nothing.

        One that was never published is removed: nobody was answered from it. Objects that were
        kept for it belong to the published version from now on.
        """
        if await self.version(version_id) is None:
            return
        document, version = await self._locked_version(version_id)
        published = await self.published(document.id)
        if published is None or published.id == version.id:
            return
        if version.published_at is None:
            await self._change(
                update(FileArtifact)
                .where(FileArtifact.version_id == version_id)
                .values(version_id=published.id)
            )
            await self._session.delete(version)
        else:
            version.status = VersionStatus.SUPERSEDED
        summarise(document, published)
        await self._session.flush()

    async def _reject(
        self, version_id: str, status: VersionStatus, reason: str | None, message: str
    ) -> DocumentVersion:
        document, version = await self._locked_version(version_id)
        version.status, version.reason, version.message = status, reason, message
        was_found = document.current_version == version.number
        if was_found:
            document.current_version = None
            self._finds_other(collections=[document.collection_id])
        await self._settle(document, version)
        if was_found:
            await self._refresh_relatives(document.id)
        return version

    async def _refresh_relatives(self, id: str) -> None:
        """Let documents that stepped back for this one answer again, or step back now."""
        await LikenessRepository(self._session, self._principal).refresh(id)

    async def _locked(self, id: str) -> Document:
        query = select(Document).where(Document.id == id).with_for_update(of=Document)
        document = await self._one(query)
        if document is None:
            raise DocumentGoneError("the document was deleted meanwhile; ingest it again")
        return document

    async def _locked_version(self, version_id: str) -> tuple[Document, DocumentVersion]:
        owner = select(DocumentVersion.document_id).where(DocumentVersion.id == version_id)
        id = (await self._session.execute(owner)).scalar_one_or_none()
        if id is None:
            raise DocumentGoneError("the document was deleted meanwhile; ingest it again")
        document = await self._locked(id)  # before the version, so that writers queue up
        version = await self.version(version_id)
        if version is None:
            raise DocumentGoneError("the version was deleted meanwhile; ingest it again")
        return document, version

    async def _make_version(self, id: str, new: NewVersion) -> DocumentVersion:
        numbers = select(func.max(DocumentVersion.number)).where(DocumentVersion.document_id == id)
        highest = await self._session.execute(numbers, execution_options={"include_deleted": True})
        version = DocumentVersion(
            id=new_id(),
            document_id=id,
            number=(highest.scalar_one() or 0) + 1,
            sha256=new.sha256,
            bytes=new.bytes,
            media_type=new.media_type,
            object_key=new.object_key,
        )
        await self._add(version)
        return version

    async def _settle(self, document: Document, version: DocumentVersion) -> DocumentVersion:
        if document.version == version.number:
            summarise(document, version)
        await self._session.flush()
        return version


def _take(version: DocumentVersion, parsed: ParsedVersion) -> None:
    for name in ParsedVersion.__slots__:
        value = getattr(parsed, name)
        if value is not None:
            setattr(version, name, value)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def summarise(document: Document, version: DocumentVersion) -> None:
    """Show a version as the newest of its document."""
    document.version = version.number
    document.status = _STATUS_OF[version.status]
    document.reason, document.message = version.reason, version.message
    document.sha256, document.bytes = version.sha256, version.bytes
    document.media_type, document.language = version.media_type, version.language
    document.page_count, document.chunk_count = version.page_count, version.chunk_count
    document.title = version.title or document.title
