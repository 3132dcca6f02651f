"""Looks after the library of a home that a running server owns."""

from collections.abc import Sequence

from cli.api_client import ApiClient
from cli.files import LocalFile
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
from service.schemas import DocumentRead, JobRead


class RemoteCuration(ApiClient):
    """Speaks the native API."""

    async def licences(self) -> Sequence[LicenceRead]:
        """List the licences."""
        return await self._list(LicenceRead, "/api/licences")

    async def put_licence(self, body: LicenceBody) -> LicenceRead:
        """Describe a licence, or change it."""
        return await self._post(LicenceRead, "/api/licences", body.model_dump(mode="json"))

    async def assign_licence(self, body: AssignmentBody) -> None:
        """Give a document, source or collection a licence."""
        await self._send("POST", "/api/licences/assignments", json=body.model_dump(mode="json"))

    async def licence_report(self, within_days: int) -> LicenceReport:
        """Count the documents by licence."""
        params = {"within_days": within_days}
        return await self._get(LicenceReport, "/api/licences/report", params=params)

    async def document_terms(self, document_id: str) -> DocumentTerms:
        """Show what holds for a document."""
        return await self._get(DocumentTerms, f"/api/documents/{document_id}/licence")

    async def exclusions(self) -> Sequence[ExclusionRead]:
        """List the exclusions."""
        return await self._list(ExclusionRead, "/api/licences/exclusions")

    async def exclude(self, body: ExclusionBody) -> ExclusionRead:
        """Add an exclusion."""
        sent = body.model_dump(mode="json")
        return await self._post(ExclusionRead, "/api/licences/exclusions", sent)

    async def include(self, exclusion_id: str) -> None:
        """Remove an exclusion."""
        await self._send("DELETE", f"/api/licences/exclusions/{exclusion_id}")

    async def quarantine(
        self, *, reason: str | None, collection: str | None, limit: int, offset: int
    ) -> QuarantinePage:
        """List what is in quarantine."""
        wanted = {"reason": reason, "collection": collection, "limit": limit, "offset": offset}
        params = {name: value for name, value in wanted.items() if value is not None}
        return await self._get(QuarantinePage, "/api/quarantine", params=params)

    async def quarantined(self, document_id: str) -> QuarantinedDocument:
        """Show one of them."""
        return await self._get(QuarantinedDocument, f"/api/quarantine/{document_id}")

    async def release(self, document_id: str) -> JobRead:
        """Take it in all the same."""
        return await self._post(JobRead, f"/api/quarantine/{document_id}/release", None)

    async def replace(self, document_id: str, file: LocalFile) -> JobRead:
        """Take another file in under its name."""
        with file.path.open("rb") as data:
            response = await self._send(
                "POST",
                f"/api/quarantine/{document_id}/replace",
                files=[("files", (file.source, data, "application/octet-stream"))],
            )
        return JobRead.model_validate_json(response.content)

    async def drop(self, document_id: str) -> None:
        """Give it up."""
        await self._send("DELETE", f"/api/quarantine/{document_id}")

    async def related(self, document_id: str) -> Sequence[RelatedDocument]:
        """List the documents that resemble one."""
        return await self._list(RelatedDocument, f"/api/documents/{document_id}/related")

    async def change_document(self, document_id: str, body: DocumentBody) -> DocumentRead:
        """Change what is known of a document."""
        response = await self._send(
            "PATCH", f"/api/documents/{document_id}", json=body.model_dump(mode="json")
        )
        return DocumentRead.model_validate_json(response.content)

    async def collections(self) -> Sequence[CollectionRead]:
        """List the collections with their policies."""
        names = (await self._send("GET", "/api/collections")).json()
        return [await self._get(CollectionRead, f"/api/collections/{name}") for name in names]

    async def set_policy(self, collection: str, policy: str) -> CollectionRead:
        """Change a collection's policy on duplicates."""
        response = await self._send(
            "PATCH", f"/api/collections/{collection}", json={"duplicate_policy": policy}
        )
        return CollectionRead.model_validate_json(response.content)
