from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from data.database import Database
from data.migrate import upgrade
from evals.beir import CorpusRow
from evals.indexing import Indexer, index_corpus, parsed
from graphs.identity import config_for
from graphs.ingest.settings import ChunkSettings
from graphs.query.graph import SearchGraph, build_search
from graphs.query.providers import QueryProviders
from graphs.query.settings import QuerySettings
from graphs.query.state import Context, Mode
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.principal import local_principal
from providers.sparse_encoder.bm25 import Bm25Encoder, Bm25EncoderConfig
from providers.vector_store.qdrant_edge import QdrantEdgeConfig, QdrantEdgeStore

LONG = " ".join(f"Sentence number {n} speaks of the gearbox." for n in range(80))
CORPUS = [
    CorpusRow(_id="lamp", title="Lamp", text="Turn the knob to dim the lamp."),
    CorpusRow(_id="twin 1", title="Fan", text="Clean the blades of the fan every month."),
    CorpusRow(_id="twin 2", title="Fan", text="Clean the blades of the fan every month."),
    CorpusRow(_id="long", text=LONG),
    CorpusRow(_id="../odd/id", text="An umbrella keeps the rain off."),
    CorpusRow(_id="empty"),
]


@pytest.fixture
async def indexer(tmp_path: Path) -> AsyncIterator[Indexer]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'rows.db'}"
    upgrade(url)
    database = Database.open(url)
    store = QdrantEdgeStore(QdrantEdgeConfig(data_dir=tmp_path))
    yield Indexer(
        database=database,
        store=store,
        embedder=HashingEmbedder(HashingConfig()),
        sparse_encoder=Bm25Encoder(Bm25EncoderConfig()),
        chunks=ChunkSettings(max_tokens=64),
        principal=local_principal(),
    )
    await store.aclose()
    await database.aclose()


def search_graph(indexer: Indexer) -> SearchGraph:
    providers = QueryProviders(
        store=indexer.store, embedder=indexer.embedder, sparse_encoder=indexer.sparse_encoder
    )
    return build_search(providers, indexer.database, QuerySettings())


async def sources(graph: SearchGraph, question: str, mode: Mode = Mode.HYBRID) -> list[str]:
    context = Context(collection="test", top_k=200, mode=mode, rerank=False)
    config = config_for(local_principal())
    found = await graph.ainvoke({"question": question}, config, context=context)
    return [passage.source for passage in found["passages"]]


async def test_every_document_is_found_by_its_words(indexer: Indexer) -> None:
    done: list[int] = []
    await index_corpus(indexer, "test", CORPUS, progress=done.append)
    graph = search_graph(indexer)
    assert done == [len(CORPUS)]
    assert (await sources(graph, "dim the lamp"))[0] == "lamp"
    assert (await sources(graph, "umbrella in the rain"))[0] == "../odd/id"


async def test_identical_documents_are_all_kept(indexer: Indexer) -> None:
    await index_corpus(indexer, "test", CORPUS)
    found = await sources(search_graph(indexer), "clean the blades of the fan")
    assert set(found[:2]) == {"twin 1", "twin 2"}


async def test_a_long_document_is_cut_and_indexing_again_adds_nothing(indexer: Indexer) -> None:
    await index_corpus(indexer, "test", CORPUS)
    graph = search_graph(indexer)
    once = await sources(graph, "gearbox", Mode.SPARSE)
    assert len(once) > 3
    assert set(once) == {"long"}
    await index_corpus(indexer, "test", CORPUS)
    assert await sources(graph, "gearbox", Mode.SPARSE) == once


async def test_it_works_without_an_embedder(indexer: Indexer) -> None:
    bare = Indexer(
        database=indexer.database,
        store=indexer.store,
        embedder=None,
        sparse_encoder=indexer.sparse_encoder,
        chunks=indexer.chunks,
        principal=indexer.principal,
    )
    await index_corpus(bare, "test", CORPUS)
    assert (await sources(search_graph(bare), "dim the lamp", Mode.SPARSE))[0] == "lamp"


def test_the_title_is_a_heading_over_the_text() -> None:
    document = parsed(CorpusRow(_id="x", title="Lamp \n care", text=" Wipe it.\n"))
    assert document.text == "Lamp care\n\nWipe it."
    assert [heading.title for heading in document.headings] == ["Lamp care"]
    assert parsed(CorpusRow(_id="x", text="No title.")).headings == ()
