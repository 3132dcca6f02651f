"""The chunks of whole collections, by the parser and chunker that made them.

While an index is built beside the live one, a version has a set of chunks for each of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Select, delete, func, select, update

from data.models import Chunk, Document, DocumentVersion, VersionStatus
from data.repositories.base import Repository
from data.repositories.chunks import IN_USE, READ
from data.values import NewChunk


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionChunks:
    """A published version and the ids of some set of its chunks."""

    version_id: str
    document_id: str
    ids: tuple[str, ...]


class ChunkSetRepository(Repository):
    """The chunks of a tenant's collections."""

    async def read(self, collection_id: str) -> list[VersionChunks]:
        """Return the chunks that are read of each published version that has any."""
        query = _published(collection_id).where(READ)
        return await self._grouped(query)

    async def made_by(
        self, collection_id: str, parser: str, chunker: str, embedder: str | None = None
    ) -> list[VersionChunks]:
        """Return the chunks that a parser and chunker made of each published version.

        Args:
            collection_id: Of which collection.
            parser: Who read the text.
            chunker: Who cut it.
            embedder: Only those whose newest vectors these encoders made.
        """
        query = _published(collection_id).where(Chunk.parser == parser, Chunk.chunker == chunker)
        if embedder is not None:
            query = query.where(Chunk.embedder == embedder)
        return await self._grouped(query)

    async def in_use(self, collection_id: str) -> set[str]:
        """Return the ids of all chunks of versions that are published or in work."""
        query = (
            select(Chunk.id)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .join(Document, Document.id == Chunk.document_id)
            .where(Document.collection_id == collection_id, DocumentVersion.status.in_(IN_USE))
        )
        return set((await self._session.execute(query)).scalars())

    async def published(self, collection_id: str) -> dict[str, int]:
        """Return the published versions of a collection and how many chunks each has."""
        query = (
            select(DocumentVersion.id, DocumentVersion.chunk_count)
            .join(Document, Document.id == DocumentVersion.document_id)
            .where(
                Document.collection_id == collection_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
        )
        return {row[0]: row[1] for row in await self._session.execute(query)}

    async def in_work(self, document_ids: Sequence[str]) -> set[str]:
        """Return those of the documents that have a version in work."""
        query = select(DocumentVersion.document_id).where(
            DocumentVersion.document_id.in_(document_ids),
            DocumentVersion.status == VersionStatus.PENDING,
        )
        return set((await self._session.execute(query)).scalars())

    async def add(self, document_id: str, version_id: str, chunks: Sequence[NewChunk]) -> None:
        """Add a set of chunks to a version that keeps its others; again changes nothing."""
        ids = {"document_id": document_id, "version_id": version_id}
        await self._insert(Chunk, [asdict(chunk) | ids for chunk in chunks], ignore=True)

    async def embedded(self, version_id: str, ids: Sequence[str], embedder: str) -> None:
        """Write down whose vectors some chunks of a version have now."""
        await self._change(
            update(Chunk)
            .where(Chunk.version_id == version_id, Chunk.id.in_(ids))
            .values(embedder=embedder)
        )

    async def read_from(self, collection_id: str, parser: str, chunker: str) -> None:
        """Let what a parser and chunker made be what is read of each published version."""
        ours = select(func.count()).where(
            Chunk.version_id == DocumentVersion.id,
            Chunk.parser == parser,
            Chunk.chunker == chunker,
        )
        documents = select(Document.id).where(Document.collection_id == collection_id)
        await self._change(
            update(DocumentVersion)
            .where(
                DocumentVersion.document_id.in_(documents),
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
            .values(parser=parser, chunker=chunker, chunk_count=ours.scalar_subquery())
        )
        count = select(DocumentVersion.chunk_count).where(
            DocumentVersion.document_id == Document.id,
            DocumentVersion.status == VersionStatus.PUBLISHED,
        )
        await self._change(
            update(Document)
            .where(
                Document.collection_id == collection_id,
                Document.current_version == Document.version,
            )
            .values(
                chunk_count=func.coalesce(count.scalar_subquery(), Document.chunk_count),
                updated_at=Document.updated_at,
            )
        )

    async def prune(self, collection_id: str) -> int:
        """Remove the chunks of published versions that are not read; return how many went.

        Call it when no index but the live one is kept.
        """
        versions = (
            select(DocumentVersion.id)
            .join(Document, Document.id == DocumentVersion.document_id)
            .where(
                Document.collection_id == collection_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
        )
        read = (
            select(Chunk.id)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(Chunk.version_id.in_(versions), READ)
        )
        return await self._change(
            delete(Chunk).where(Chunk.version_id.in_(versions), Chunk.id.not_in(read))
        )

    async def _grouped(self, query: Select[str, str, str]) -> list[VersionChunks]:
        grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
        for version_id, document_id, id in await self._session.execute(query):
            grouped[version_id, document_id].append(id)
        return [
            VersionChunks(version_id=version_id, document_id=document_id, ids=tuple(ids))
            for (version_id, document_id), ids in grouped.items()
        ]


def _published(collection_id: str) -> Select[str, str, str]:
    return (
        select(Chunk.version_id, Chunk.document_id, Chunk.id)
        .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
        .join(Document, Document.id == Chunk.document_id)
        .where(
            Document.collection_id == collection_id,
            DocumentVersion.status == VersionStatus.PUBLISHED,
        )
    )
