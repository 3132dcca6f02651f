"""Indexes a test corpus with the service's own chunker, encoders, store and tables.

It differs from the ingest graph in one way: many small documents share a run of the
embedder, and identical documents are all kept, since each has judgements of its own.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from data.database import Database, Transaction
from data.values import NewChunk, NewVersion
from evals.beir import CorpusRow
from graphs.encoders import Encoders
from graphs.ingest.chunking import Chunk, chunker_version, cut, indexed_text
from graphs.ingest.settings import ChunkSettings
from providers.parser.languages import language_of
from providers.principal import Principal
from providers.protocols import Embedder, SparseEncoder, VectorStore
from providers.types import (
    Heading,
    IndexPoint,
    Matrix,
    ParsedDocument,
    SparseVector,
    TextKind,
)

BATCH: Final = 64
"""Documents that are embedded and written together."""
DEFAULT_LANGUAGE: Final = "en"
"""What a text too short to tell is taken for, as in retrieval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexer:
    """What indexing needs of the service; an encoder may be switched off."""

    database: Database
    store: VectorStore
    embedder: Embedder | None
    sparse_encoder: SparseEncoder | None
    chunks: ChunkSettings
    principal: Principal


@dataclass(frozen=True, slots=True)
class _Item:
    """A chunk on its way into the index."""

    row: CorpusRow
    chunk: Chunk
    language: str

    @property
    def id(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.row.id}\x1f{self.chunk.ordinal}"))

    @property
    def text(self) -> str:
        return indexed_text(self.chunk, "")


async def index_corpus(
    indexer: Indexer,
    collection: str,
    corpus: Sequence[CorpusRow],
    *,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Put every document of the corpus into a collection; its source is its id.

    A document without any text is left out: there is nothing to find.
    """
    index, collection_id = await _prepare(indexer, collection)
    for start in range(0, len(corpus), BATCH):
        rows = corpus[start : start + BATCH]
        items = [item for row in rows for item in await _chunks(indexer, row)]
        await _write_vectors(indexer, index, collection_id, items)
        async with indexer.database.begin(indexer.principal) as transaction:
            for row in rows:
                await _publish(transaction, indexer, collection_id, row, items)
        progress(start + len(rows))
    await indexer.store.optimize(index)


async def _prepare(indexer: Indexer, collection: str) -> tuple[str, str]:
    embedder, sparse = indexer.embedder, indexer.sparse_encoder
    made_by = [part.fingerprint if part else None for part in (embedder, sparse)]
    async with indexer.database.begin(indexer.principal) as transaction:
        found = await transaction.collections.ensure(collection)
        index = f"c{found.id.replace('-', '')[:16]}-{_short_hash(str(made_by))}"
        await transaction.collections.set_live_index(found.id, index, *made_by)
    await indexer.store.ensure(index, Encoders(embedder=embedder, sparse_encoder=sparse).spec)
    return index, found.id


async def _chunks(indexer: Indexer, row: CorpusRow) -> list[_Item]:
    document = parsed(row)
    language = language_of(document.text) or DEFAULT_LANGUAGE
    if indexer.embedder is None:
        spans = list(_words(document.text))
    else:
        spans = list(await indexer.embedder.token_spans(document.text))
    return [_Item(row, chunk, language) for chunk in cut(document, spans, indexer.chunks)]


def parsed(row: CorpusRow) -> ParsedDocument:
    """Return a corpus row as a parser would leave it: its title is a heading over its text."""
    title = " ".join(row.title.split())
    text = "\n\n".join(part for part in (title, row.text.strip()) if part)
    headings = (Heading(level=1, title=title, start=0),) if title else ()
    return ParsedDocument(text=text, media_type="text/plain", parser="beir", headings=headings)


def _words(text: str) -> Iterator[tuple[int, int]]:
    """Count words where there is no embedder to count tokens."""
    start = 0
    for word in text.split():
        start = text.index(word, start)
        yield start, start + len(word)
        start += len(word)


async def _write_vectors(
    indexer: Indexer, index: str, collection_id: str, items: Sequence[_Item]
) -> None:
    dense = await _dense(indexer, items)
    sparse = await _sparse(indexer, items)
    points = [
        IndexPoint(
            id=item.id,
            document_id=item.row.id,
            dense=None if dense is None else dense[at],
            sparse=sparse.get(at),
            payload={"collection_id": collection_id},
        )
        for at, item in enumerate(items)
    ]
    await indexer.store.upsert(index, indexer.principal.tenant_id, points)


async def _dense(indexer: Indexer, items: Sequence[_Item]) -> Matrix | None:
    if indexer.embedder is None or not items:
        return None
    return await indexer.embedder.embed([item.text for item in items], kind=TextKind.PASSAGE)


async def _sparse(indexer: Indexer, items: Sequence[_Item]) -> dict[int, SparseVector]:
    """Encode each item in its own language; returns vectors by position."""
    found: dict[int, SparseVector] = {}
    if indexer.sparse_encoder is None:
        return found
    for language in {item.language for item in items}:
        at = [i for i, item in enumerate(items) if item.language == language]
        vectors = await indexer.sparse_encoder.encode(
            [items[i].text for i in at], kind=TextKind.PASSAGE, language=language
        )
        found.update(zip(at, vectors, strict=True))
    return found


async def _publish(
    transaction: Transaction,
    indexer: Indexer,
    collection_id: str,
    row: CorpusRow,
    items: Sequence[_Item],
) -> None:
    data = f"{row.title}\n{row.text}".encode()
    document = await transaction.documents.ensure(collection_id, row.id)
    new = NewVersion(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    version = await transaction.documents.add_version(document.id, new)
    chunker = chunker_version(indexer.chunks)
    chunks = [_new_chunk(item, chunker) for item in items if item.row is row]
    await transaction.chunks.replace(document.id, version.id, chunks)
    await transaction.documents.publish(version.id)


def _new_chunk(item: _Item, chunker: str) -> NewChunk:
    chunk = item.chunk
    return NewChunk(
        id=item.id,
        ordinal=chunk.ordinal,
        text=chunk.text,
        char_start=chunk.start,
        char_end=chunk.end,
        token_count=chunk.token_count,
        heading_path=chunk.heading_path,
        kind=chunk.kind,
        language=item.language,
        parser="beir",
        chunker=chunker,
    )


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
