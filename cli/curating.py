"""What the commands need of licences, quarantine and related documents, wherever it runs."""

from collections.abc import Sequence
from typing import Protocol

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


class Curation(Protocol):
    """Looks after what is in the library."""

    async def licences(self) -> Sequence[LicenceRead]:
        """List the licences."""
        ...

    async def put_licence(self, body: LicenceBody) -> LicenceRead:
        """Describe a licence, or change it."""
        ...

    async def assign_licence(self, body: AssignmentBody) -> None:
        """Give a document, source or collection a licence."""
        ...

    async def licence_report(self, within_days: int) -> LicenceReport:
        """Count the documents by licence."""
        ...

    async def document_terms(self, document_id: str) -> DocumentTerms:
        """Show what holds for a document."""
        ...

    async def exclusions(self) -> Sequence[ExclusionRead]:
        """List the exclusions."""
        ...

    async def exclude(self, body: ExclusionBody) -> ExclusionRead:
        """Add an exclusion."""
        ...

    async def include(self, exclusion_id: str) -> None:
        """Remove an exclusion."""
        ...

    async def quarantine(
        self, *, reason: str | None, collection: str | None, limit: int, offset: int
    ) -> QuarantinePage:
        """List what is in quarantine."""
        ...

    async def quarantined(self, document_id: str) -> QuarantinedDocument:
        """Show one of them."""
        ...

    async def release(self, document_id: str) -> JobRead:
        """Take it in all the same."""
        ...

    async def replace(self, document_id: str, file: LocalFile) -> JobRead:
        """Take another file in under its name."""
        ...

    async def drop(self, document_id: str) -> None:
        """Give it up."""
        ...

    async def related(self, document_id: str) -> Sequence[RelatedDocument]:
        """List the documents that resemble one."""
        ...

    async def change_document(self, document_id: str, body: DocumentBody) -> DocumentRead:
        """Change what is known of a document."""
        ...

    async def collections(self) -> Sequence[CollectionRead]:
        """List the collections with their policies."""
        ...

    async def set_policy(self, collection: str, policy: str) -> CollectionRead:
        """Change a collection's policy on duplicates."""
        ...
