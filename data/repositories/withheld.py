"""Why search does not show a chunk whose vector it found."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from data.columns import now
from data.models import Chunk, Document, DocumentVersion, VersionStatus
from data.repositories.base import Repository
from data.scope import INCLUDE_DELETED


class Withheld(NamedTuple):
    """A chunk that is not shown, without its text."""

    chunk_id: str
    document_id: str
    source: str
    why: str


class WithheldRepository(Repository):
    """Tells people who look after a library what its questions cannot see."""

    async def reasons(self, ids: Sequence[str]) -> dict[str, Withheld]:
        """Return for each chunk that the tenant has, or had, why it is not shown."""
        query = (
            select(
                Chunk.id,
                Chunk.document_id,
                Document.source,
                Document.deleted_at,
                Document.quotable,
                Document.quotable_until,
                Document.superseded_by,
                DocumentVersion.status,
            )
            .join(Document, Document.id == Chunk.document_id)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(Chunk.id.in_(ids))
        )
        rows = await self._session.execute(query, execution_options=INCLUDE_DELETED)
        found: dict[str, Withheld] = {}
        for row in rows:
            expired = row.quotable_until is not None and row.quotable_until <= now()
            if row.deleted_at is not None:
                why = "its document is deleted"
            elif not row.quotable or expired:
                why = "its licence does not allow to quote it"
            elif row.superseded_by is not None:
                why = "a newer edition replaced its document"
            elif row.status is not VersionStatus.PUBLISHED:
                why = "its version is not the published one"
            else:
                why = "it is not shown to whoever asks"
            found[row.id] = Withheld(row.id, row.document_id, row.source, why)
        return found
