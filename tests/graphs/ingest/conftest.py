import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from langgraph.types import RetryPolicy

from data.database import Database
from graphs.ingest.graph import IngestGraph, build
from graphs.ingest.running import ingest_document
from graphs.ingest.settings import ChunkSettings, IngestSettings
from graphs.ingest.state import IngestInput, IngestOutcome, IngestProviders, Provenance
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import TransientProviderError
from providers.object_store.obstore import ObstoreConfig, ObstoreStore
from providers.parser.text import TextParser, TextParserConfig
from providers.principal import Principal, local_principal
from providers.sparse_encoder.bm25 import Bm25Encoder, Bm25EncoderConfig
from providers.types import TextKind, VectorQuery
from providers.vector_store.qdrant_edge import QdrantEdgeConfig, QdrantEdgeStore

NO_WAIT = RetryPolicy(
    max_attempts=3, initial_interval=0, jitter=False, retry_on=TransientProviderError
)


@pytest.fixture
async def database(empty_database: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "cicerone.db"
    shutil.copy(empty_database, path)
    database = Database.open(f"sqlite+aiosqlite:///{path}")
    yield database
    await database.aclose()


@pytest.fixture
def principal() -> Principal:
    return local_principal()


@pytest.fixture
async def providers(tmp_path: Path) -> AsyncIterator[IngestProviders]:
    store = QdrantEdgeStore(QdrantEdgeConfig(data_dir=tmp_path, min_free_mib=0))
    yield IngestProviders(
        parser=TextParser(TextParserConfig()),
        vector_store=store,
        embedder=HashingEmbedder(HashingConfig(dimensions=32)),
        sparse_encoder=Bm25Encoder(Bm25EncoderConfig()),
        object_store=ObstoreStore(ObstoreConfig(data_dir=tmp_path)),
    )
    await store.aclose()


class Bench:
    """A graph with its database and providers, and questions about what they hold."""

    def __init__(
        self, database: Database, providers: IngestProviders, principal: Principal
    ) -> None:
        self.database = database
        self.providers = providers
        self.principal = principal
        self.settings = IngestSettings(max_file_mb=1, chunk=ChunkSettings(max_tokens=32))

    def using(self, **changes: object) -> "Bench":
        providers = replace(self.providers, **changes)  # type: ignore[arg-type]
        return Bench(self.database, providers, self.principal)

    @property
    def graph(self) -> IngestGraph:
        return build(self.providers, self.database, self.settings, retry=NO_WAIT).compile()

    async def ingest(
        self,
        data: bytes | str,
        source: str = "a.md",
        collection: str = "default",
        provenance: Provenance | None = None,
    ) -> IngestOutcome:
        raw = data.encode() if isinstance(data, str) else data
        given = IngestInput(source=source, collection=collection, data=raw, provenance=provenance)
        return await ingest_document(self.graph, self.principal, given)

    async def live_index(self, collection: str = "default") -> str:
        async with self.database.begin(self.principal, read_only=True) as transaction:
            row = await transaction.collections.get(collection)
        assert row is not None
        assert row.live_index is not None
        return row.live_index

    async def vector_ids(self, index: str | None = None) -> set[str]:
        name = index or await self.live_index()
        return set(await self.providers.vector_store.ids(name, self.principal.tenant_id))

    async def find(self, words: str) -> list[str]:
        """Return the texts that a search by meaning and by words shows, best first."""
        embedder, encoder = self.providers.embedder, self.providers.sparse_encoder
        query = VectorQuery(
            dense=(await embedder.embed([words], kind=TextKind.QUERY))[0] if embedder else None,
            sparse=(await encoder.encode([words], kind=TextKind.QUERY))[0] if encoder else None,
            limit=10,
        )
        index = await self.live_index()
        found = await self.providers.vector_store.search(index, self.principal.tenant_id, query)
        ids = [point.id for point in (*found.sparse, *found.dense)]
        async with self.database.begin(self.principal, read_only=True) as transaction:
            return [chunk.text for chunk in await transaction.chunks.live(ids)]


@pytest.fixture
def bench(database: Database, providers: IngestProviders, principal: Principal) -> Bench:
    return Bench(database, providers, principal)


Ingest = Callable[..., Awaitable[IngestOutcome]]
