"""Where the outline of documents is kept."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, select

from data.models import DocumentVersion, Section, VersionStatus
from data.repositories.base import Repository
from data.values import NewSection


class SectionRepository(Repository):
    """The headings of a tenant's documents."""

    async def replace(self, version_id: str, sections: Sequence[NewSection]) -> None:
        """Make `sections` the only ones of a version, in the given order."""
        await self._change(delete(Section).where(Section.version_id == version_id), deleted=True)
        rows = [
            asdict(section) | {"version_id": version_id, "ordinal": ordinal}
            for ordinal, section in enumerate(sections)
        ]
        await self._insert(Section, rows)

    async def of_document(self, document_id: str) -> list[Section]:
        """Return the headings of a document's published version, in order."""
        query = (
            select(Section)
            .join(DocumentVersion, DocumentVersion.id == Section.version_id)
            .where(
                DocumentVersion.document_id == document_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
            .order_by(Section.ordinal)
        )
        return await self._all(query)

    async def of_version(self, version_id: str) -> list[Section]:
        """Return the headings of a version, in order."""
        return await self._all(
            select(Section).where(Section.version_id == version_id).order_by(Section.ordinal)
        )
