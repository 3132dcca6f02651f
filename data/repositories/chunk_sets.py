"""The chunks of whole collections, by the parser and chunker that made them.

While an index is built beside the live one, a version has a set of chunks for each of them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import delete, func, select, update

from data.models import Chunk, Document, DocumentVersion, VersionStatus
from data.repositories.base import Repository
from data.repositories.chunks import IN_USE, READ
from data.values import NewChunk

_BATCH = 500
"""Versions that one statement names."""
Label = tuple[str, str]
"""The parser and the chunker that made a set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkSet:
    """A published version and the ids of a set of its chunks; `read` marks the one in use."""

    version_id: str
    document_id: str
    label: Label
    read: bool
    ids: tuple[str, ...]


class ChunkSetRepository(Repository):
    """The chunks of a tenant's collections."""

    async def all(self, collection_id: str) -> list[ChunkSet]:
        """Return every set of chunks of every published version of a collection."""
        query = (
            select(Chunk.version_id, Chunk.document_id, Chunk.parser, Chunk.chunker, READ, Chunk.id)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .join(Document, Document.id == Chunk.document_id)
            .where(
                Document.collection_id == collection_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
            )
        )
        grouped: dict[tuple[str, str, Label, bool], list[str]] = defaultdict(list)
        for version, document, parser, chunker, read, id in await self._session.execute(query):
            grouped[version, document, (parser, chunker), bool(read)].append(id)
        return [
            ChunkSet(
                version_id=version, document_id=document, label=label, read=read, ids=tuple(ids)
            )
            for (version, document, label, read), ids in grouped.items()
        ]

    async def rows(self, version_id: str, label: Label) -> Sequence[Chunk]:
        """Return one set of a version's chunks, in reading order."""
        query = select(Chunk).where(
            Chunk.version_id == version_id, Chunk.parser == label[0], Chunk.chunker == label[1]
        )
        return await self._all(query.order_by(Chunk.ordinal))

    async def by_ids(self, ids: Sequence[str]) -> Sequence[Chunk]:
        """Return chunks of published versions, of any set."""
        query = (
            select(Chunk)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(Chunk.id.in_(ids), DocumentVersion.status == VersionStatus.PUBLISHED)
        )
        return await self._all(query.order_by(Chunk.id))

    async def in_use(self, collection_id: str) -> set[str]:
        """Return the ids of all chunks of versions that are published or in work."""
        query = (
            select(Chunk.id)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .join(Document, Document.id == Chunk.document_id)
            .where(Document.collection_id == collection_id, DocumentVersion.status.in_(IN_USE))
        )
        return set((await self._session.execute(query)).scalars())

    async def published(self, collection_id: str) -> dict[str, str]:
        """Return the published versions of a collection, each with its document."""
        query = (
            select(DocumentVersion.id, DocumentVersion.document_id)
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

    async def read_from(self, version_ids: Sequence[str], label: Label) -> None:
        """Let the set of a parser and chunker be what is read of some versions."""
        parser, chunker = label
        ours = select(func.count()).where(
            Chunk.version_id == DocumentVersion.id,
            Chunk.parser == parser,
            Chunk.chunker == chunker,
        )
        for start in range(0, len(version_ids), _BATCH):
            await self._change(
                update(DocumentVersion)
                .where(DocumentVersion.id.in_(version_ids[start : start + _BATCH]))
                .values(parser=parser, chunker=chunker, chunk_count=ours.scalar_subquery())
            )

    async def recount(self, collection_id: str) -> None:
        """Let each document show the number of chunks of its published version."""
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
