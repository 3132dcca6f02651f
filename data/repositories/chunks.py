"""Where the text of documents is kept; `live` is on the path of every question."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, cast

from sqlalchemy import Boolean, Table, and_, bindparam, delete, func, or_, select, update

from data.columns import UtcDateTime, now
from data.models import Chunk, Collection, Document, DocumentVersion, VersionStatus
from data.repositories.base import Repository
from data.scope import INCLUDE_DELETED
from data.values import LiveChunk, NewChunk
from providers.principal import Principal
from providers.types import PageSpan

_CHUNKS, _VERSIONS, _DOCUMENTS, _COLLECTIONS = (
    cast("Table", model.__table__) for model in (Chunk, DocumentVersion, Document, Collection)
)
# Over tables, not models: that saves a third of the time. The session scopes it all the same.
LIVE = (
    select(
        _CHUNKS.c.id,
        _CHUNKS.c.document_id,
        _VERSIONS.c.number,
        _DOCUMENTS.c.source,
        _DOCUMENTS.c.title,
        _DOCUMENTS.c.collection_id,
        _CHUNKS.c.language,
        _CHUNKS.c.text,
        _CHUNKS.c.page_start,
        _CHUNKS.c.page_end,
        _CHUNKS.c.heading_path,
        _CHUNKS.c.char_start,
        _CHUNKS.c.char_end,
        _CHUNKS.c.page_spans,
        _CHUNKS.c.token_count,
        _CHUNKS.c.kind,
        _DOCUMENTS.c.attribution,
        _COLLECTIONS.c.live_index,
    )
    .join_from(_CHUNKS, _VERSIONS, _VERSIONS.c.id == _CHUNKS.c.version_id)
    .join(_DOCUMENTS, _DOCUMENTS.c.id == _CHUNKS.c.document_id)
    .join(_COLLECTIONS, _COLLECTIONS.c.id == _DOCUMENTS.c.collection_id)
    .where(
        _CHUNKS.c.id.in_(bindparam("ids", expanding=True)),
        _VERSIONS.c.status == VersionStatus.PUBLISHED,
        _DOCUMENTS.c.quotable,
        or_(
            _DOCUMENTS.c.quotable_until.is_(None),
            _DOCUMENTS.c.quotable_until > bindparam("moment", type_=UtcDateTime),
        ),
        _DOCUMENTS.c.superseded_by.is_(None),
        or_(_DOCUMENTS.c.is_public, bindparam("everything", type_=Boolean)),
    )
)
IN_USE = (VersionStatus.PENDING, VersionStatus.PUBLISHED)
READ = or_(
    DocumentVersion.chunker.is_(None),
    and_(Chunk.chunker == DocumentVersion.chunker, Chunk.parser == DocumentVersion.parser),
)
"""Leaves out the chunks that were made for an index that is not live (yet, or any more)."""


class ChunkRepository(Repository):
    """The chunks of a tenant's documents."""

    async def replace(self, document_id: str, version_id: str, chunks: Sequence[NewChunk]) -> None:
        """Make `chunks` the only ones of a version; repeating it changes nothing."""
        await self._change(delete(Chunk).where(Chunk.version_id == version_id), deleted=True)
        ids = {"document_id": document_id, "version_id": version_id}
        await self._insert(Chunk, [asdict(chunk) | ids for chunk in chunks])
        await self._change(
            update(DocumentVersion)
            .where(DocumentVersion.id == version_id)
            .values(chunk_count=len(chunks))
        )

    async def live(self, ids: Sequence[str]) -> list[LiveChunk]:
        """Return the chunks that search may show, in the order of `ids`.

        A chunk of a deleted document, of a version that is not published, of another tenant,
        or unknown is left out; so is one that may not be quoted (any more), that a newer
        document replaced, or that is not public when the public asks. One statement.
        """
        if not ids:
            return []
        rows = await self._session.execute(LIVE, live_parameters(self._principal, ids))
        return live_chunks(rows, ids)

    async def of_document(self, document_id: str) -> list[Chunk]:
        """Return the chunks of a document's published version, in reading order."""
        query = (
            select(Chunk)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(
                Chunk.document_id == document_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
                READ,
            )
            .order_by(Chunk.ordinal)
        )
        return await self._all(query)

    async def of_version(self, version_id: str) -> list[Chunk]:
        """Return the chunks of a version, in reading order."""
        query = (
            select(Chunk)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(Chunk.version_id == version_id, READ)
            .order_by(Chunk.ordinal)
        )
        return await self._all(query)

    async def ids_of_document(self, document_id: str) -> list[str]:
        """Return the ids of all chunks of all versions, also of a deleted document."""
        query = select(Chunk.id).where(Chunk.document_id == document_id).distinct()
        result = await self._session.execute(query, execution_options=INCLUDE_DELETED)
        return list(result.scalars())

    async def ids_in_use(self, document_id: str) -> set[str]:
        """Return the ids of the chunks of versions that are published or in work.

        The vectors of all others can go.
        """
        query = (
            select(Chunk.id)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .where(Chunk.document_id == document_id, DocumentVersion.status.in_(IN_USE))
        )
        return set((await self._session.execute(query)).scalars())

    async def made_by_others(self, collection_id: str, embedder: str) -> int:
        """Count the findable chunks of a collection whose vectors another embedder made."""
        query = (
            select(func.count())
            .select_from(Chunk)
            .join(DocumentVersion, DocumentVersion.id == Chunk.version_id)
            .join(Document, Document.id == Chunk.document_id)
            .where(
                Document.collection_id == collection_id,
                DocumentVersion.status == VersionStatus.PUBLISHED,
                READ,
                or_(Chunk.embedder.is_(None), Chunk.embedder != embedder),
            )
        )
        return int((await self._session.execute(query)).scalar_one())

    async def prune(self, document_id: str) -> int:
        """Remove the chunks of versions that are neither published nor in work.

        Returns:
            How many rows went.
        """
        unused = select(DocumentVersion.id).where(
            DocumentVersion.document_id == document_id, DocumentVersion.status.not_in(IN_USE)
        )
        return await self._change(
            delete(Chunk).where(Chunk.document_id == document_id, Chunk.version_id.in_(unused)),
            deleted=True,
        )


def live_parameters(principal: Principal, ids: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of `LIVE`: which chunks, seen by whom, and when."""
    return {"ids": list(ids), "moment": now(), "everything": not principal.is_public}


def live_chunks(rows: Iterable[Sequence[Any]], ids: Sequence[str]) -> list[LiveChunk]:
    """Make the chunks of rows of `LIVE`, in the order of `ids`."""
    found = {row[0]: _live(row) for row in rows}
    return [found[id] for id in dict.fromkeys(ids) if id in found]


def _live(row: Sequence[Any]) -> LiveChunk:
    """Make the chunk of a row of `LIVE`, whose columns are its fields."""
    *before, heading_path, start, end, spans, tokens, kind, attribution, index = row
    pages = tuple([PageSpan(**span) for span in spans])
    after = (tuple(heading_path), start, end, pages, tokens, kind, attribution, index)
    return LiveChunk._make([*before, *after])
