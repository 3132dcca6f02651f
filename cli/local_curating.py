"""Looks after the library of a home that no server owns."""

from collections.abc import Sequence

from cli.files import LocalFile
from data.models import DuplicatePolicy
from providers.errors import QuarantineReason
from providers.principal import Principal
from service.container import Container
from service.curation_schemas import (
    AssignmentBody,
    CollectionRead,
    DocumentBody,
    DocumentTerms,
    ExclusionBody,
    ExclusionRead,
    LicenceBody,
    LicenceRead,
    LicenceReport,
    QuarantinedDocument,
    QuarantinePage,
    RelatedDocument,
)
from service.library import Upload
from service.schemas import DocumentRead, JobRead


class LocalCuration:
    """Calls the service as the one local administrator."""

    _container: Container
    _principal: Principal

    async def licences(self) -> Sequence[LicenceRead]:
        """List the licences."""
        return await self._container.licences.list(self._principal)

    async def put_licence(self, body: LicenceBody) -> LicenceRead:
        """Describe a licence, or change it."""
        return await self._container.licences.put(self._principal, body)

    async def assign_licence(self, body: AssignmentBody) -> None:
        """Give a document, source or collection a licence."""
        await self._container.licences.assign(self._principal, body)

    async def licence_report(self, within_days: int) -> LicenceReport:
        """Count the documents by licence."""
        licences = self._container.licences
        return await licences.report(self._principal, within_days=within_days)

    async def document_terms(self, document_id: str) -> DocumentTerms:
        """Show what holds for a document."""
        return await self._container.licences.terms(self._principal, document_id)

    async def exclusions(self) -> Sequence[ExclusionRead]:
        """List the exclusions."""
        return await self._container.licences.exclusions(self._principal)

    async def exclude(self, body: ExclusionBody) -> ExclusionRead:
        """Add an exclusion."""
        return await self._container.licences.exclude(self._principal, body)

    async def include(self, exclusion_id: str) -> None:
        """Remove an exclusion."""
        await self._container.licences.include(self._principal, exclusion_id)

    async def quarantine(
        self, *, reason: str | None, collection: str | None, limit: int, offset: int
    ) -> QuarantinePage:
        """List what is in quarantine."""
        return await self._container.quarantine.list(
            self._principal,
            reason=QuarantineReason(reason) if reason else None,
            collection=collection,
            limit=limit,
            offset=offset,
        )

    async def quarantined(self, document_id: str) -> QuarantinedDocument:
        """Show one of them."""
        return await self._container.quarantine.show(self._principal, document_id)

    async def release(self, document_id: str) -> JobRead:
        """Take it in all the same."""
        return await self._container.quarantine.release(self._principal, document_id)

    async def replace(self, document_id: str, file: LocalFile) -> JobRead:
        """Take another file in under its name."""
        upload = Upload(source=file.source, path=file.path, keep=True)
        return await self._container.quarantine.replace(self._principal, document_id, upload)

    async def drop(self, document_id: str) -> None:
        """Give it up."""
        await self._container.quarantine.drop(self._principal, document_id)

    async def related(self, document_id: str) -> Sequence[RelatedDocument]:
        """List the documents that resemble one."""
        return await self._container.kinship.related(self._principal, document_id)

    async def change_document(self, document_id: str, body: DocumentBody) -> DocumentRead:
        """Change what is known of a document."""
        return await self._container.library.change(
            self._principal, document_id, is_public=body.is_public, product=body.product
        )

    async def collections(self) -> Sequence[CollectionRead]:
        """List the collections with their policies."""
        names = await self._container.library.collections(self._principal)
        kinship = self._container.kinship
        return [await kinship.collection(self._principal, name) for name in names]

    async def set_policy(self, collection: str, policy: str) -> CollectionRead:
        """Change a collection's policy on duplicates."""
        return await self._container.kinship.set_policy(
            self._principal, collection, DuplicatePolicy(policy)
        )
