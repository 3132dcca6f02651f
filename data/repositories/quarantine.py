"""What could not be used, and what a person decided about it."""

from collections.abc import Sequence

from sqlalchemy import Select, and_, func, select

from data.columns import now
from data.errors import DocumentGoneError
from data.models import Collection, Document, DocumentStatus, DocumentVersion, Review
from data.repositories.base import Repository
from data.repositories.documents import DocumentRepository, summarise

Quarantined = tuple[Document, DocumentVersion]


class QuarantineRepository(Repository):
    """The documents whose newest version is set aside and waits for a person."""

    async def list(
        self,
        *,
        reason: str | None = None,
        collection: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Sequence[Quarantined], int]:
        """Return a page of them, newest first, and how many there are in all."""
        query = _waiting()
        if reason is not None:
            query = query.where(DocumentVersion.reason == reason)
        if collection is not None:
            query = query.where(Document.collection.has(Collection.name == collection))
        count = query.with_only_columns(func.count(Document.id))
        total = (await self._session.execute(count)).scalar_one()
        page = query.order_by(DocumentVersion.created_at.desc(), Document.id)
        rows = (await self._session.execute(page.limit(limit).offset(offset))).all()
        return [(row[0], row[1]) for row in rows], total

    async def get(self, document_id: str) -> Quarantined | None:
        """Return one of them, or None when it does not wait for a person."""
        query = _waiting().where(Document.id == document_id)
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else (row[0], row[1])

    async def review(self, document_id: str, review: Review) -> DocumentVersion:
        """Write down what was decided, by whom and when.

        A document that is dropped is deleted, or goes back to the version that search finds.

        Raises:
            DocumentGoneError: It does not wait for a person any more.
        """
        found = await self.get(document_id)
        if found is None:
            raise DocumentGoneError(f"the document {document_id} is not in quarantine any more")
        document, version = found
        version.review, version.reviewed_at = review, now()
        version.reviewed_by = self._principal.subject
        await self._session.flush()
        if review is Review.DROPPED:
            await self._drop(document)
        return version

    async def _drop(self, document: Document) -> None:
        documents = DocumentRepository(self._session, self._principal)
        published = await documents.published(document.id)
        if published is None:
            await documents.soft_delete(document.id)
            return
        summarise(document, published)
        await self._session.flush()


def _waiting() -> Select[Document, DocumentVersion]:
    return (
        select(Document, DocumentVersion)
        .join(
            DocumentVersion,
            and_(
                DocumentVersion.document_id == Document.id,
                DocumentVersion.number == Document.version,
            ),
        )
        .where(Document.status == DocumentStatus.QUARANTINED)
    )
