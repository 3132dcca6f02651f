"""Makes again what was derived from a version: its chunks as they were, or cut anew."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import anyio.to_thread
import structlog

from data.database import Database
from data.models import Chunk, DocumentVersion
from data.values import NewChunk
from graphs.ingest import packing
from graphs.ingest.chunking import context_line
from graphs.ingest.naming import title_of
from graphs.ingest.preparing import ChunkMaker, token_spans
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestProviders, PreparedChunk
from graphs.ingest.targets import plans_of
from graphs.ingest.vectors import Filler
from providers.errors import ObjectNotFoundError, ProviderError
from providers.principal import Principal
from providers.types import PageSpan, ParsedDocument

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Remaker:
    """Makes chunks and vectors again on behalf of one principal."""

    providers: IngestProviders
    settings: IngestSettings
    principal: Principal

    def filler(self, version: DocumentVersion) -> Filler:
        """Return who writes the vectors of a version."""
        language = version.language or self.settings.default_language
        return Filler(self.providers, self.principal.tenant_id, version.document_id, language)

    async def settle(
        self, database: Database, document_id: str, removed: Collection[str] | None = None
    ) -> None:
        """Make vectors again that were removed while another run published their chunks.

        Equal text has the same id in each version, so who removes vectors looks afterwards.

        Args:
            database: where documents and chunks are.
            document_id: whose vectors were removed.
            removed: which; None are all of the document's.
        """
        if removed is not None and not removed:
            return
        async with database.begin(self.principal, read_only=True) as transaction:
            document = await transaction.documents.get(document_id)
            version = await transaction.documents.published(document_id) if document else None
            if document is None or version is None:
                return
            found = await transaction.chunks.of_version(version.id)
            rows = [row for row in found if removed is None or row.id in removed]
            if not rows:
                return
            plans = await plans_of(transaction, document.collection_id, self.providers.configured)
        chunks = await self.as_stored(document.source, version, rows)
        await self.filler(version).fill(plans, chunks)

    async def as_stored(
        self, source: str, version: DocumentVersion, rows: Sequence[Chunk]
    ) -> list[PreparedChunk]:
        """Return stored chunks with the words that are indexed for each.

        The words come from the derived object of the version, or are made again from its
        text; where neither is to be had, title, headings and text of the row are close.
        """
        words = await self._derived(version)
        if not words.keys() >= {row.id for row in rows}:
            words |= await self._cut_again(source, version)
        title = version.title or title_of(source)
        return [
            PreparedChunk(
                stored=_stored(row), indexed_text=words.get(row.id) or _close_to(row, title)
            )
            for row in rows
        ]

    async def cut(
        self, source: str, version: DocumentVersion
    ) -> tuple[ParsedDocument, list[PreparedChunk]]:
        """Parse and cut a version as the settings say now.

        Raises:
            ProviderError: neither its text nor its original is there any more.
        """
        document = await self._document(source, version)
        maker = ChunkMaker(
            document,
            tenant_id=self.principal.tenant_id,
            document_id=version.document_id,
            version_id=version.id,
            title=document.title or title_of(source),
            providers=self.providers,
            settings=self.settings,
        )
        spans = await token_spans(document.text, self.providers.embedder)
        return document, await anyio.to_thread.run_sync(maker.make, spans)

    async def _derived(self, version: DocumentVersion) -> dict[str, str]:
        store = self.providers.object_store
        if store is None:
            return {}
        below = f"derived/{self.principal.tenant_id}/{version.document_id}/{version.id}"
        words: dict[str, str] = {}
        for key in await store.keys(below):
            if key.endswith(".chunks.json"):
                data = await store.get(key)
                chunks = await anyio.to_thread.run_sync(packing.unpack_chunks, data)
                words |= {each.stored.id: each.indexed_text for each in chunks}
        return words

    async def _cut_again(self, source: str, version: DocumentVersion) -> Mapping[str, str]:
        try:
            _, chunks = await self.cut(source, version)
        except ProviderError as error:
            log.warning("version_not_cut_again", version_id=version.id, error=str(error))
            return {}
        return {each.stored.id: each.indexed_text for each in chunks}

    async def _document(self, source: str, version: DocumentVersion) -> ParsedDocument:
        """Return the parsed document, from its text if this parser made it."""
        store = self.providers.object_store
        if store is None or version.object_key is None:
            raise ProviderError(f"the original of {source!r} was not kept; ingest it again")
        if version.text_key is not None and version.parser == self.providers.parser.version:
            structure_key = f"{version.text_key.removesuffix('.txt')}.json"
            try:
                text, structure = await store.get(version.text_key), await store.get(structure_key)
            except ObjectNotFoundError:
                log.info("text_made_again", version_id=version.id)
            else:
                return await anyio.to_thread.run_sync(packing.unpack_document, text, structure)
        return await self.providers.parser.parse(
            await store.get(version.object_key),
            filename=PurePosixPath(source).name,
            media_type=version.media_type or "",
        )


def _close_to(row: Chunk, title: str) -> str:
    place = context_line(title, row.heading_path)
    return "\n".join(part for part in (place, row.text) if part)


def _stored(row: Chunk) -> NewChunk:
    names = (name for name in NewChunk.__slots__ if name not in {"heading_path", "page_spans"})
    return NewChunk(
        **{name: getattr(row, name) for name in names},
        heading_path=tuple(row.heading_path),
        page_spans=tuple(PageSpan(**span) for span in row.page_spans),
    )


def marked(chunks: Sequence[PreparedChunk], made_by: str) -> list[NewChunk]:
    """Return chunks as they are stored, with the encoders that made their vectors."""
    return [replace(each.stored, embedder=made_by) for each in chunks]
