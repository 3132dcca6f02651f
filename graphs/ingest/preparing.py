"""The middle nodes: text, chunks, vectors."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database
from data.models import Chunk as Row
from data.values import NewChunk
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts, Owner
from graphs.ingest.assessing import assess
from graphs.ingest.chunking import Chunk, chunker_version, cut, indexed_text
from graphs.ingest.naming import chunk_ids, derived_key, index_name, processed_key, title_of
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders, IngestState, PreparedChunk
from graphs.ingest.targets import Target, targets_of
from graphs.ingest.vectors import BATCH, points_of
from providers.protocols import Embedder
from providers.types import IndexPoint, ParsedDocument

WORD = re.compile(r"\w+|[^\w\s]")
"""A token where no embedder says what a token is."""


def owner_of(state: IngestState, config: RunnableConfig) -> Owner:
    """Return whose the objects of a run are."""
    return Owner(principal=principal_of(config), version_id=state["version_id"])


async def parse(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    providers: IngestProviders,
    settings: IngestSettings,
    artifacts: Artifacts,
) -> IngestState:
    """Read the text, its pages and its headings, and keep them beside the original.

    A text that cannot be right is set aside, unless a person has released it.
    """
    given = state["input"]
    runtime.stream_writer(events.stage(given.source, "parse"))
    document = await providers.parser.parse(
        await artifacts.raw(state["raw_key"]),
        filename=PurePosixPath(given.source).name,
        media_type=given.media_type,
    )
    if not state.get("released"):
        await anyio.to_thread.run_sync(assess, document, settings.quality)
    owner = owner_of(state, config)
    tenant_id, parser = owner.principal.tenant_id, providers.parser.version
    key = processed_key(tenant_id, state["sha256"], parser, given)
    parsed: IngestState = {
        "text_key": f"{key}.txt",
        "parsed_key": f"{key}.json",
        "title": document.title or title_of(given.source),
        "language": document.language,
    }
    await artifacts.put_document(parsed["text_key"], parsed["parsed_key"], document, owner)
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
    document = await artifacts.document(state)
    spans = await token_spans(document.text, providers.embedder)
    maker = ChunkMaker(
        document,
        tenant_id=principal_of(config).tenant_id,
        document_id=state["document_id"],
        version_id=state["version_id"],
        title=state["title"],
        providers=providers,
        settings=settings,
    )
    chunks = await anyio.to_thread.run_sync(maker.make, spans)
    key = f"{maker.key}.chunks.json"
    await artifacts.put_chunks(key, chunks, owner_of(state, config))
    return {"chunks_key": key}


async def token_spans(text: str, embedder: Embedder | None) -> Sequence[tuple[int, int]]:
    """Return the tokens of a text: the embedder's, or words where there is none."""
    if embedder is None:
        return [match.span() for match in WORD.finditer(text)]
    return await embedder.token_spans(text)


class ChunkMaker:
    """Cuts one document and turns its chunks into rows; plain computing, for a thread."""

    def __init__(
        self,
        document: ParsedDocument,
        *,
        tenant_id: str,
        document_id: str,
        version_id: str,
        title: str,
        providers: IngestProviders,
        settings: IngestSettings,
    ) -> None:
        self._document = document
        self._version_id = version_id
        self._document_id = document_id
        self._title = title
        self._tenant_id = tenant_id
        self._settings = settings.chunk
        self._parser = providers.parser.version
        self._chunker = chunker_version(settings.chunk)
        self._embedder = providers.configured.made_by

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
    """Compute the vectors of chunks that have none yet, for each index they belong into."""
    principal, document_id = principal_of(config), state["document_id"]
    targets = await targets_of(database, principal, providers, state["collection_id"])
    async with database.begin(principal, read_only=True) as transaction:
        published = await transaction.chunks.of_document(document_id)
    chunks = await artifacts.chunks(state)
    language = state.get("language") or settings.default_language
    keys: dict[str, str] = {}
    for target in targets:
        have = _have(published, target, index_name(state["collection_id"], target.encoders.made_by))
        new = [each for each in chunks if each.stored.id not in have]
        points: list[IndexPoint] = []
        for start in range(0, len(new), BATCH):
            progress = f"{start} of {len(new)}"
            runtime.stream_writer(events.stage(state["input"].source, "embed", progress))
            batch = new[start : start + BATCH]
            points.extend(await points_of(batch, document_id, language, target.encoders))
        key = f"{state['chunks_key'].removesuffix('.chunks.json')}.{target.index}.vectors.npz"
        keys[target.index] = key
        await artifacts.put_points(key, points, owner_of(state, config))
    first = targets[0].index
    return {"index": first, "vectors_key": keys.pop(first), "beside": keys}


def _have(published: Sequence[Row], target: Target, own_name: str) -> set[str]:
    """Return the chunks of the published version that an index already holds.

    The live index holds them all; one beside it those whose rows are marked as its own,
    unless it is one of several by the same encoders.
    """
    if target.live:
        return {row.id for row in published}
    if target.index != own_name:
        return set()
    return {row.id for row in published if row.embedder == target.encoders.made_by}
