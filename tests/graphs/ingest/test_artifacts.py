from pathlib import Path
from typing import Any

import numpy as np
import pytest
from langgraph.checkpoint.memory import InMemorySaver

from data.values import NewChunk
from graphs.errors import ArtifactMissingError
from graphs.identity import config_for
from graphs.ingest.artifacts import ROOM_BYTES, Artifacts
from graphs.ingest.graph import build
from graphs.ingest.packing import pack_points, unpack_points
from graphs.ingest.running import ingest_document
from graphs.ingest.state import (
    IngestInput,
    IngestOutcome,
    IngestState,
    PreparedChunk,
    Provenance,
)
from providers.object_store.obstore import ObstoreConfig, ObstoreStore
from providers.types import Heading, IndexPoint, PageSpan, ParsedDocument, SparseVector

STATE: IngestState = {
    "text_key": "processed/t/a.txt",
    "parsed_key": "processed/t/a.json",
    "chunks_key": "derived/t/a.chunks.json",
    "vectors_key": "derived/t/a.vectors.npz",
}
DOCUMENT = ParsedDocument(
    text="Straße\n\nÖl 🛢",
    media_type="text/markdown",
    parser="p1",
    pages=(PageSpan(number=1, start=0, end=6),),
    headings=(Heading(level=1, title="Straße", start=0, page=1),),
    title="Straße",
    page_count=1,
)
CHUNK = PreparedChunk(
    stored=NewChunk(
        id="0b9d2c61-4f0e-5d2a-9c0e-1c7a4d1f2b3c",
        ordinal=0,
        text="Straße",
        char_start=0,
        char_end=6,
        token_count=1,
        heading_path=("Straße",),
        page_spans=(PageSpan(number=1, start=0, end=6),),
    ),
    indexed_text="Straße\nStraße",
)


def point(dense: bool = True, sparse: bool = True, terms: int = 2) -> IndexPoint:
    weights = SparseVector(np.arange(terms, dtype=np.uint32), np.ones(terms, dtype=np.float32))
    return IndexPoint(
        id=CHUNK.stored.id,
        document_id="d",
        dense=np.array([0.6, 0.8], dtype=np.float32) if dense else None,
        sparse=weights if sparse else None,
        payload={"language": "de", "kind": "text"},
    )


@pytest.fixture
def store(tmp_path: Path) -> ObstoreStore:
    return ObstoreStore(ObstoreConfig(data_dir=tmp_path))


async def test_another_process_reads_what_one_wrote(store: ObstoreStore) -> None:
    writer, reader = Artifacts(store), Artifacts(store)
    await writer.put_raw("raw/t/a", b"\x00\xff", {"sha256": "a"})
    await writer.put_document(STATE["text_key"], STATE["parsed_key"], DOCUMENT)
    await writer.put_chunks(STATE["chunks_key"], [CHUNK])

    assert await reader.raw("raw/t/a") == b"\x00\xff"
    assert await reader.document(STATE) == DOCUMENT
    assert await reader.chunks(STATE) == [CHUNK]
    assert (await store.get(STATE["text_key"])).decode() == DOCUMENT.text


@pytest.mark.parametrize(
    "points",
    [
        [],
        [point()],
        [point(terms=0), point(terms=3), point(terms=0)],
        [point(dense=False)],
        [point(sparse=False), point(sparse=False)],
    ],
)
def test_vectors_come_back_as_they_were(points: list[IndexPoint]) -> None:
    found = unpack_points(pack_points(points))

    assert [(p.id, p.document_id, p.payload) for p in found] == [
        (p.id, p.document_id, p.payload) for p in points
    ]
    for now, before in zip(found, points, strict=True):
        assert (now.dense is None, now.sparse is None) == (
            before.dense is None,
            before.sparse is None,
        )
        if now.dense is not None and before.dense is not None:
            assert now.dense.dtype == np.float32
            np.testing.assert_array_equal(now.dense, before.dense)
        if now.sparse is not None and before.sparse is not None:
            np.testing.assert_array_equal(now.sparse.indices, before.sparse.indices)
            np.testing.assert_array_equal(now.sparse.values, before.sparse.values)


async def test_memory_is_bounded_and_what_went_is_read_again(store: ObstoreStore) -> None:
    artifacts = Artifacts(store)
    large = b"x" * (ROOM_BYTES // 2 + 1)

    await artifacts.put_raw("raw/t/1", large, {})
    await artifacts.put_raw("raw/t/2", large, {})

    assert artifacts.held("raw/t/1") is None
    assert artifacts.held("raw/t/2") is not None
    assert await artifacts.raw("raw/t/1") == large


async def test_what_is_gone_says_so(store: ObstoreStore) -> None:
    with pytest.raises(ArtifactMissingError, match=r"a\.chunks\.json is gone"):
        await Artifacts(store).chunks(STATE)


async def test_checkpoints_hold_keys_and_no_content(bench: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("# Pump\n\nA unicorn word.")
    saver = InMemorySaver()
    graph = build(bench.providers, bench.database, bench.settings).compile(checkpointer=saver)
    config = config_for(bench.principal)
    config["configurable"]["thread_id"] = "t"

    given = IngestInput(source="a.md", collection="default", data_path=path)
    await graph.ainvoke({"input": given}, config, durability="sync")

    steps = [step async for step in graph.aget_state_history(config)]
    assert "vectors_key" in steps[0].values
    everything = repr((saver.storage, saver.writes, saver.blobs))
    assert "unicorn" not in everything
    assert "Principal" not in everything


async def test_nothing_waits_in_memory_after_a_run(bench: Any) -> None:
    artifacts = Artifacts(bench.providers.object_store)
    graph = build(bench.providers, bench.database, bench.settings, artifacts=artifacts).compile()

    for source, data in (("a.md", b"# A\n\nWords."), ("b.md", b"%PDF-1.7"), ("c.md", b"")):
        given = IngestInput(source=source, collection="default", data=data)
        await ingest_document(graph, bench.principal, given)

    assert artifacts._held == {}
    assert artifacts._bytes == 0


async def test_original_of_an_unusable_file_is_kept_and_can_be_taken_in_again(bench: Any) -> None:
    outcome = await bench.ingest(b"%PDF-1.7")
    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        (version,) = await transaction.documents.versions(outcome.document_id)
    assert await bench.providers.object_store.get(version.object_key) == b"%PDF-1.7"

    again = IngestInput(source="a.md", collection="default", object_key=version.object_key)
    second = await ingest_document(bench.graph, bench.principal, again)

    assert second.reason == "wrong_type"


async def test_original_that_is_gone_fails_with_a_way_out(bench: Any) -> None:
    given = IngestInput(source="a.md", collection="default", object_key="raw/default/aa/aa")

    outcome = await ingest_document(bench.graph, bench.principal, given)

    assert isinstance(outcome, IngestOutcome)
    assert outcome.message == "the original of 'a.md' is gone; add the file again"


async def test_original_carries_where_it_comes_from(bench: Any) -> None:
    told = Provenance(uri="https://example.org/a.md", licence="CC-BY-4.0", crawl_rules="3")
    given = IngestInput(source="ä.md", collection="default", data=b"# A\n\nB.", provenance=told)

    outcome = await ingest_document(bench.graph, bench.principal, given)

    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        (version,) = await transaction.documents.versions(outcome.document_id)
    found = (await bench.providers.object_store.head(version.object_key)).metadata
    assert found["uri"] == "https://example.org/a.md"
    assert (found["licence"], found["crawl_rules"]) == ("CC-BY-4.0", "3")
    assert found["source"] == "\\xe4.md"
