"""The middle nodes: text, chunks, vectors."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database
from data.values import NewChunk
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.chunking import Chunk, chunker_version, cut, indexed_text
from graphs.ingest.naming import (
    chunk_ids,
    derived_key,
    index_name,
    processed_key,
    title_of,
    vectors_made_by,
)
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders, IngestState, PreparedChunk
from providers.protocols import Embedder
from providers.types import IndexPoint, ParsedDocument, SparseVector, TextKind, Vector

WORD = re.compile(r"\w+|[^\w\s]")
"""A token where no embedder says what a token is."""
BATCH = 256
"""Chunks embedded between two progress events."""


async def parse(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> IngestState:
    """Read the text, its pages and its headings, and keep them beside the original."""
    given = state["input"]
    runtime.stream_writer(events.stage(given.source, "parse"))
    document = await providers.parser.parse(
        await artifacts.raw(state["raw_key"]),
        filename=PurePosixPath(given.source).name,
        media_type=given.media_type,
    )
    tenant_id, parser = principal_of(config).tenant_id, providers.parser.version
    key = processed_key(tenant_id, state["sha256"], parser, given)
    parsed: IngestState = {
        "text_key": f"{key}.txt",
        "parsed_key": f"{key}.json",
        "title": document.title or title_of(given.source),
        "language": document.language,
    }
    await artifacts.put_document(parsed["text_key"], parsed["parsed_key"], document)
    artifacts.release(state["raw_key"])
    return parsed


async def chunk(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    providers: IngestProviders,
    settings: IngestSettings,
    artifacts: Artifacts,
) -> IngestState:
    """Cut the text into chunks and give each its lasting id."""
    runtime.stream_writer(events.stage(state["input"].source, "chunk"))
    document, tenant_id = await artifacts.document(state), principal_of(config).tenant_id
    spans = await _token_spans(document.text, providers.embedder)
    maker = ChunkMaker(state, document, tenant_id, providers, settings)
    chunks = await anyio.to_thread.run_sync(maker.make, spans)
    key = f"{maker.key}.chunks.json"
    await artifacts.put_chunks(key, chunks)
    return {"chunks_key": key}


async def _token_spans(text: str, embedder: Embedder | None) -> Sequence[tuple[int, int]]:
    if embedder is None:
        return [match.span() for match in WORD.finditer(text)]
    return await embedder.token_spans(text)


class ChunkMaker:
    """Cuts one document and turns its chunks into rows; plain computing, for a thread."""

    def __init__(
        self,
        state: IngestState,
        document: ParsedDocument,
        tenant_id: str,
        providers: IngestProviders,
        settings: IngestSettings,
    ) -> None:
        self._document = document
        self._version_id = state["version_id"]
        self._document_id = state["document_id"]
        self._title = state["title"]
        self._tenant_id = tenant_id
        self._settings = settings.chunk
        self._parser = providers.parser.version
        self._chunker = chunker_version(settings.chunk)
        self._embedder = vectors_made_by(providers)

    @property
    def key(self) -> str:
        """What the object keys begin with that hold what these chunks are and lead to."""
        made_by = "|".join((self._parser, self._chunker, self._embedder))
        return derived_key(self._tenant_id, self._document_id, self._version_id, made_by)

    def make(self, spans: Sequence[tuple[int, int]]) -> list[PreparedChunk]:
        """Cut the document, whose tokens are `spans`."""
        chunks = cut(self._document, spans, self._settings)
        texts = [indexed_text(each, self._title) for each in chunks]
        ids = chunk_ids(
            tenant_id=self._tenant_id,
            document_id=self._document_id,
            parser=self._parser,
            chunker=self._chunker,
            texts=texts,
        )
        return [
            PreparedChunk(stored=self._row(id, each), indexed_text=text)
            for id, each, text in zip(ids, chunks, texts, strict=True)
        ]

    def _row(self, id: str, chunk: Chunk) -> NewChunk:
        return NewChunk(
            id=id,
            ordinal=chunk.ordinal,
            text=chunk.text,
            char_start=chunk.start,
            char_end=chunk.end,
            token_count=chunk.token_count,
            heading_path=chunk.heading_path,
            page_start=chunk.page_start,
            page_end=chunk.page_end,
            page_spans=chunk.page_spans,
            kind=chunk.kind,
            language=self._document.language,
            parser=self._parser,
            chunker=self._chunker,
            embedder=self._embedder,
        )


async def embed(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    settings: IngestSettings,
    artifacts: Artifacts,
) -> IngestState:
    """Compute the vectors of chunks that have none yet."""
    made_by = vectors_made_by(providers)
    async with database.begin(principal_of(config), read_only=True) as transaction:
        published = await transaction.chunks.of_document(state["document_id"])
    have = {row.id for row in published if row.embedder == made_by}
    new = [each for each in await artifacts.chunks(state) if each.stored.id not in have]
    language = state.get("language") or settings.default_language
    points: list[IndexPoint] = []
    for start in range(0, len(new), BATCH):
        progress = f"{start} of {len(new)}"
        runtime.stream_writer(events.stage(state["input"].source, "embed", progress))
        batch = new[start : start + BATCH]
        points.extend(await _points(batch, state["document_id"], language, providers))
    key = state["chunks_key"].removesuffix(".chunks.json") + ".vectors.npz"
    await artifacts.put_points(key, points)
    return {"vectors_key": key}


async def _points(
    batch: Sequence[PreparedChunk], document_id: str, language: str, providers: IngestProviders
) -> list[IndexPoint]:
    texts = [each.indexed_text for each in batch]
    dense: Sequence[Vector | None] = [None] * len(batch)
    sparse: Sequence[SparseVector | None] = [None] * len(batch)
    if providers.embedder is not None:
        dense = list(await providers.embedder.embed(texts, kind=TextKind.PASSAGE))
    if providers.sparse_encoder is not None:
        sparse = await providers.sparse_encoder.encode(
            texts, kind=TextKind.PASSAGE, language=language
        )
    return [
        IndexPoint(
            id=each.stored.id,
            document_id=document_id,
            dense=dense_vector,
            sparse=sparse_vector,
            payload={"language": language, "kind": each.stored.kind},
        )
        for each, dense_vector, sparse_vector in zip(batch, dense, sparse, strict=True)
    ]


def index_of(state: IngestState, providers: IngestProviders) -> str:
    """Return the name of the index that this run writes."""
    return index_name(state["collection_id"], providers)
