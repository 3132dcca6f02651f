import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.types import RetryPolicy

from data.database import Database
from data.values import LiveChunk
from graphs.gateway.gateway import Gateway
from graphs.identity import config_for
from graphs.ingest.graph import build as build_ingest
from graphs.ingest.running import ingest_document
from graphs.ingest.settings import ChunkSettings, IngestSettings
from graphs.ingest.state import IngestInput, IngestOutcome, IngestProviders
from graphs.models import Call, Reply, Role
from graphs.query.graph import build, build_search
from graphs.query.providers import QueryProviders
from graphs.query.settings import QuerySettings
from graphs.query.state import Context, Fused, Passage, QueryInput
from graphs.query.steps import TRACE_ID_KEY, Turn
from providers.chat_model.extractive import ExtractiveChatModel, ExtractiveConfig
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import TransientProviderError
from providers.parser.text import TextParser, TextParserConfig
from providers.principal import Principal, local_principal
from providers.sparse_encoder.bm25 import Bm25Encoder, Bm25EncoderConfig
from providers.types import ChatDelta, ChatMessage, PageSpan
from providers.vector_store.qdrant_edge import QdrantEdgeConfig, QdrantEdgeStore
from providers.vector_store.sparse_copy import copy_sparse

NO_WAIT = RetryPolicy(
    max_attempts=2, initial_interval=0, jitter=False, retry_on=TransientProviderError
)

KETTLE = """# KX-200 kettle

## Capacity

The KX-200 kettle holds 1.7 litres. Never fill it above the MAX mark.

## Descaling

Descale the kettle every three months. Use only the tablets that came with it. Vinegar \
damages the seals and must not be used.

## Noise

In operation the KX-200 reaches 62 dB.
"""

OVEN = """# Ofen BX-40

## Reinigung

Wischen Sie den Garraum nach jedem Gebrauch mit einem feuchten Tuch aus. Verwenden Sie \
keine Scheuermittel.

## Dampf

Der Wassertank fasst 1,2 l und reicht für etwa 90 Minuten.
"""


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


class Beside:
    """Models of a test for all roles but the writing, which the bench's own chat models do."""

    def __init__(self, models: Any, writers: Gateway) -> None:
        self._models = models
        self._writers = writers

    def serves(self, role: Role) -> bool:
        return bool(self._models.serves(role))

    def stream(self, call: Call, *, degraded: list[str]) -> AsyncGenerator[ChatDelta, None]:
        return self._writers.stream(call, degraded=degraded)

    async def complete(self, call: Call) -> Reply:
        reply: Reply = await self._models.complete(call)
        return reply


@dataclass(kw_only=True)
class Bench:
    """A library with two manuals, and the graphs around it."""

    database: Database
    principal: Principal
    providers: QueryProviders
    settings: QuerySettings = field(default_factory=QuerySettings)
    events: list[dict[str, Any]] = field(default_factory=list)
    history: tuple[ChatMessage, ...] = ()

    def using(self, **changes: Any) -> "Bench":
        if not isinstance(changes.get("models"), Gateway | None):
            changes["models"] = Beside(changes["models"], self._writers())
        return replace(self, providers=replace(self.providers, **changes), events=[])

    def _writers(self) -> Gateway:
        chat, fallback = self.providers.chat_model, self.providers.fallback
        return Gateway.of_models(chat, fallback, self.database, idle_timeout_s=60.0)

    def with_settings(self, **changes: Any) -> "Bench":
        return replace(self, settings=QuerySettings(**changes), events=[])

    async def add(self, source: str, text: str, collection: str = "default") -> IngestOutcome:
        providers = IngestProviders(
            parser=TextParser(TextParserConfig()),
            vector_store=self.providers.store,
            embedder=self.providers.embedder,
            sparse_encoder=self.providers.sparse_encoder,
        )
        settings = IngestSettings(chunk=ChunkSettings(max_tokens=64))
        graph = build_ingest(providers, self.database, settings, retry=NO_WAIT).compile()
        given = IngestInput(source=source, collection=collection, data=text.encode())
        return await ingest_document(graph, self.principal, given)

    def config(self, trace_id: str | None = None) -> RunnableConfig:
        config = config_for(self.principal)
        config["configurable"][TRACE_ID_KEY] = trace_id
        return config

    async def search(self, question: str, **context: Any) -> dict[str, Any]:
        graph = build_search(self.providers, self.database, self.settings, retry=NO_WAIT)
        return await graph.ainvoke(
            {"question": question}, self.config(), context=Context(**context)
        )

    async def ask(
        self, question: str, *, conversation_id: str | None = None, **context: Any
    ) -> dict[str, Any]:
        graph = build(self.providers, self.database, self.settings, retry=NO_WAIT).compile()
        start: QueryInput = {
            "question": question,
            "conversation_id": conversation_id,
            "history": self.history or await self._recorded(conversation_id),
        }
        last: dict[str, Any] = {}
        stream: Any = graph.astream(
            start,
            self.config("trace-1"),
            context=Context(**context),
            stream_mode=["custom", "values"],
            version="v2",
        )
        async for part in stream:
            if part["type"] == "custom":
                self.events.append(part["data"])
            else:
                last = dict(part["data"])
        return last

    async def _recorded(self, conversation_id: str | None) -> tuple[ChatMessage, ...]:
        """Return what the service hands to the graph of a conversation that it keeps."""
        if conversation_id is None:
            return ()
        async with self.database.begin(self.principal, read_only=True) as transaction:
            return (await transaction.conversations.history(conversation_id, 10)).messages

    def said(self, type_: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == type_]


@asynccontextmanager
async def opened(database: Database, principal: Principal, folder: Path) -> AsyncIterator[Bench]:
    """Open the graphs over a library in a folder."""
    store = QdrantEdgeStore(QdrantEdgeConfig(data_dir=folder, min_free_mib=0))
    yield Bench(
        database=database,
        principal=principal,
        providers=QueryProviders(
            store=store,
            embedder=HashingEmbedder(HashingConfig()),
            sparse_encoder=Bm25Encoder(Bm25EncoderConfig()),
            chat_model=ExtractiveChatModel(ExtractiveConfig()),
        ),
        settings=QuerySettings.model_validate({"rerank": {"when": "never"}}),
    )
    await store.aclose()


@pytest.fixture
async def empty(database: Database, principal: Principal, tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(database, principal, tmp_path) as bench:
        yield bench


@pytest.fixture(scope="session")
def filled_library(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database and an index of two manuals, taken in once to be copied."""
    folder = tmp_path_factory.mktemp("library")
    shutil.copy(empty_database, folder)
    asyncio.run(_take_manuals_in(folder))
    return folder


async def _take_manuals_in(folder: Path) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{folder}/cicerone.db")
    async with opened(database, local_principal(), folder) as bench:
        await bench.add("kettle.md", KETTLE)
        await bench.add("ofen.md", OVEN)
    await database.aclose()


@pytest.fixture
async def bench(empty: Bench, filled_library: Path, tmp_path: Path) -> Bench:
    # Neither the database nor the store has opened a file yet.
    shutil.copytree(filled_library, tmp_path, copy_function=copy_sparse, dirs_exist_ok=True)
    return empty


@pytest.fixture
def events() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def turn(principal: Principal, events: list[dict[str, Any]]) -> Turn:
    return Turn(principal=principal, context=Context(), emit=events.append)


@pytest.fixture
def passage() -> Callable[..., Passage]:
    return _passage


def _passage(text: str, *, rank: int = 1, score: float = 1.0, **changes: Any) -> Passage:
    fields: dict[str, Any] = {
        "chunk_id": f"chunk-{rank}",
        "document_id": "document-1",
        "version": 1,
        "source": "manual.md",
        "title": "Manual",
        "collection_id": "collection-1",
        "language": "en",
        "text": text,
        "page_start": 3,
        "page_end": 3,
        "heading_path": (),
        "char_start": 1000 * rank,
        "char_end": 1000 * rank + len(text),
        "page_spans": (PageSpan(number=3, start=0, end=len(text)),),
        "token_count": len(text.split()),
        "kind": "text",
        "attribution": None,
        "live_index": "vectors-1",
    }
    chunk = LiveChunk(**{**fields, **changes})
    fused = Fused(id=chunk.chunk_id, score=score)
    return Passage(rank=rank, score=score, chunk=chunk, page=chunk.page_start, fused=fused)
