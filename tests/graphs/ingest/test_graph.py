import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from data.models import DocumentStatus
from graphs.errors import MissingPrincipalError
from graphs.ingest.running import ingest_document, stream_document
from graphs.ingest.state import IngestInput, IngestOutcome
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import ProviderError, StorageFullError, TransientProviderError
from providers.principal import Principal
from providers.types import IndexPoint, Matrix, ParsedDocument, TextKind
from service.schemas import IngestedDocument

MANUAL = "# Pump\n\nIt moves water.\n\n## Use\n\nOpen the red valve.\n\n## Care\n\nWipe it weekly."


class Wrapped:
    """Passes everything on to a real provider."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class CountingEmbedder(Wrapped):
    """Remembers the texts that were embedded."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.texts: list[str] = []

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        self.texts.extend(texts)
        matrix: Matrix = await self._inner.embed(texts, kind=kind)
        return matrix


class FailingStore(Wrapped):
    """Fails its first `times` writes."""

    def __init__(self, inner: Any, error: Exception, times: int) -> None:
        super().__init__(inner)
        self._error = error
        self._left = times

    async def upsert(self, index: str, tenant_id: str, points: Sequence[IndexPoint]) -> None:
        if self._left:
            self._left -= 1
            raise self._error
        await self._inner.upsert(index, tenant_id, points)


class UndeletingStore(Wrapped):
    """Cannot delete."""

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        raise ProviderError("deletes are refused")


class FullObjectStore(Wrapped):
    """Has no room left."""

    async def create(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> bool:
        raise StorageFullError("no room left in the object store")

    async def put(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> None:
        raise StorageFullError("no room left in the object store")


class BrokenParser(Wrapped):
    """Has a fault of its own."""

    async def parse(self, data: bytes, *, filename: str, media_type: str) -> ParsedDocument:
        raise KeyError("oops")


class NewerParser(Wrapped):
    """Another version of a parser."""

    version = "newer"


async def test_document_is_found_after_ingestion(bench: Any) -> None:
    outcome = await bench.ingest(MANUAL)

    assert outcome.status is DocumentStatus.INDEXED
    assert (outcome.version, outcome.chunks, outcome.pages) == (1, 3, None)
    assert (await bench.find("red valve"))[0] == "## Use\n\nOpen the red valve."
    assert len(await bench.vector_ids()) == 3


async def test_rows_say_where_a_chunk_comes_from(bench: Any) -> None:
    outcome = await bench.ingest(MANUAL, source="manuals/water_pump.md")

    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        chunks = await transaction.chunks.of_document(outcome.document_id)
        sections = await transaction.sections.of_document(outcome.document_id)
        document = await transaction.documents.get(outcome.document_id)
        versions = await transaction.documents.versions(outcome.document_id)
    assert [c.heading_path for c in chunks] == [["Pump"], ["Pump", "Use"], ["Pump", "Care"]]
    assert all(MANUAL[c.char_start : c.char_end] == c.text for c in chunks)
    assert {c.parser for c in chunks} == {bench.providers.parser.version}
    assert [(s.level, s.title, MANUAL[s.start : s.start + 2]) for s in sections] == [
        (1, "Pump", "# "),
        (2, "Use", "##"),
        (2, "Care", "##"),
    ]
    assert document.title == "Pump"
    store = bench.providers.object_store
    assert await store.get(versions[0].object_key) == MANUAL.encode()
    assert (await store.get(versions[0].text_key)).decode() == MANUAL
    assert (await store.head(versions[0].object_key)).metadata["source"] == "manuals/water_pump.md"


async def test_same_file_again_changes_nothing(bench: Any) -> None:
    first = await bench.ingest(MANUAL)
    before = await bench.vector_ids()
    embedder = CountingEmbedder(bench.providers.embedder)

    second = await bench.using(embedder=embedder).ingest(MANUAL)

    assert second.status is DocumentStatus.UNCHANGED
    assert (second.document_id, second.version) == (first.document_id, 1)
    assert (second.chunks, embedder.texts) == (3, [])
    assert await bench.vector_ids() == before


async def test_changed_file_is_a_new_version_and_only_new_text_is_embedded(bench: Any) -> None:
    await bench.ingest(MANUAL)
    before = await bench.vector_ids()
    embedder = CountingEmbedder(bench.providers.embedder)

    outcome = await bench.using(embedder=embedder).ingest(MANUAL.replace("red", "blue"))

    assert (outcome.status, outcome.version) == (DocumentStatus.INDEXED, 2)
    assert [text.splitlines()[-1] for text in embedder.texts] == ["Open the blue valve."]
    after = await bench.vector_ids()
    assert len(after) == 3
    assert len(after & before) == 2
    assert not [text for text in await bench.find("red valve") if "red" in text]


async def test_going_back_to_an_older_content_works(bench: Any) -> None:
    await bench.ingest(MANUAL)
    await bench.ingest(MANUAL.replace("red", "blue"))

    outcome = await bench.ingest(MANUAL)

    assert (outcome.status, outcome.version) == (DocumentStatus.INDEXED, 1)
    assert (await bench.find("red valve"))[0].endswith("Open the red valve.")
    assert len(await bench.vector_ids()) == 3


async def test_same_content_under_another_name_is_a_duplicate(bench: Any) -> None:
    first = await bench.ingest(MANUAL, source="a.md")

    second = await bench.ingest(MANUAL, source="b.md")

    assert second.status is DocumentStatus.DUPLICATE
    assert second.document_id == first.document_id
    assert "'a.md'" in (second.message or "")
    assert len(await bench.vector_ids()) == 3


async def test_same_content_in_another_collection_is_no_duplicate(bench: Any) -> None:
    await bench.ingest(MANUAL)

    outcome = await bench.ingest(MANUAL, collection="other")

    assert outcome.status is DocumentStatus.INDEXED


async def test_another_parser_version_replaces_the_chunks_in_place(bench: Any) -> None:
    first = await bench.ingest(MANUAL)
    before = await bench.vector_ids()

    second = await bench.using(parser=NewerParser(bench.providers.parser)).ingest(MANUAL)

    assert (second.status, second.version) == (DocumentStatus.INDEXED, first.version)
    after = await bench.vector_ids()
    assert len(after) == 3
    assert not after & before
    assert len(await bench.find("red valve")) > 0


async def test_another_embedder_takes_over_when_all_is_in_its_index(bench: Any) -> None:
    await bench.ingest(MANUAL, source="a.md")
    await bench.ingest("# Other\n\nMore words.", source="b.md")
    old = await bench.live_index()
    newer = bench.using(embedder=HashingEmbedder(HashingConfig(dimensions=64)))

    await newer.ingest(MANUAL, source="a.md")
    halfway = await bench.live_index()
    await newer.ingest("# Other\n\nMore words.", source="b.md")
    new = await bench.live_index()

    assert halfway == old
    assert new != old
    assert len(await bench.vector_ids(new)) == 4


@pytest.mark.parametrize(
    ("data", "source", "reason"),
    [
        (b"", "a.md", "empty"),
        (b"\n \n", "a.md", "empty"),
        (b"%PDF-1.7", "a.md", "wrong_type"),
        (b"x" * (1 << 20) + b"x", "a.md", "too_large"),
    ],
)
async def test_unusable_file_is_set_aside_with_its_reason(
    bench: Any, data: bytes, source: str, reason: str
) -> None:
    outcome = await bench.ingest(data, source=source)

    assert outcome.status is DocumentStatus.QUARANTINED
    assert outcome.reason == reason
    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        document = await transaction.documents.get(outcome.document_id)
    assert (document.status, document.reason) == (DocumentStatus.QUARANTINED, reason)
    assert document.message == outcome.message


async def test_earlier_version_keeps_answering_when_a_later_one_is_set_aside(bench: Any) -> None:
    await bench.ingest(MANUAL)

    outcome = await bench.ingest(b"%PDF-1.7")

    assert (outcome.status, outcome.version) == (DocumentStatus.QUARANTINED, 2)
    assert (await bench.find("red valve"))[0].endswith("red valve.")
    again = await bench.ingest(MANUAL)
    assert again.status is DocumentStatus.UNCHANGED
    async with bench.database.begin(bench.principal, read_only=True) as transaction:
        document = await transaction.documents.get(outcome.document_id)
    assert document.status is DocumentStatus.INDEXED


async def test_passing_trouble_is_tried_again(bench: Any) -> None:
    store = FailingStore(bench.providers.vector_store, TransientProviderError("busy"), times=2)

    outcome = await bench.using(vector_store=store).ingest(MANUAL)

    assert outcome.status is DocumentStatus.INDEXED


async def test_lasting_trouble_fails_the_document_and_keeps_the_old_version(bench: Any) -> None:
    await bench.ingest(MANUAL)
    store = FailingStore(bench.providers.vector_store, TransientProviderError("busy"), times=99)

    outcome = await bench.using(vector_store=store).ingest(MANUAL.replace("red", "blue"))

    assert (outcome.status, outcome.reason, outcome.message) == (
        DocumentStatus.FAILED,
        None,
        "busy",
    )
    assert (await bench.find("red valve"))[0].endswith("red valve.")
    assert (await bench.ingest(MANUAL.replace("red", "blue"))).status is DocumentStatus.INDEXED


async def test_full_disk_fails_with_its_message(bench: Any) -> None:
    store = FullObjectStore(bench.providers.object_store)

    outcome = await bench.using(object_store=store).ingest(MANUAL)

    assert outcome.status is DocumentStatus.FAILED
    assert outcome.message == "no room left in the object store"


async def test_fault_of_the_program_is_an_outcome_too(bench: Any) -> None:
    outcome = await bench.using(parser=BrokenParser(bench.providers.parser)).ingest(MANUAL)

    assert outcome.status is DocumentStatus.FAILED
    assert "KeyError" in (outcome.message or "")


async def test_vectors_that_cannot_be_removed_are_not_found(bench: Any) -> None:
    await bench.ingest(MANUAL)
    store = UndeletingStore(bench.providers.vector_store)

    outcome = await bench.using(vector_store=store).ingest(MANUAL.replace("red", "blue"))

    assert outcome.status is DocumentStatus.INDEXED
    assert len(await bench.vector_ids()) == 4
    assert not [text for text in await bench.find("red valve") if "red" in text]


@pytest.mark.parametrize("without", ["embedder", "sparse_encoder", "object_store"])
async def test_ingestion_works_without(bench: Any, without: str) -> None:
    reduced = bench.using(**{without: None})

    outcome = await reduced.ingest(MANUAL)

    assert (outcome.status, outcome.chunks) == (DocumentStatus.INDEXED, 3)
    assert any("red valve" in text for text in await reduced.find("red valve"))


async def test_tenants_do_not_meet(bench: Any) -> None:
    await bench.ingest(MANUAL)
    other = type(bench)(
        bench.database, bench.providers, Principal(tenant_id="other", subject="someone")
    )

    outcome = await other.ingest(MANUAL, source="b.md")

    assert outcome.status is DocumentStatus.INDEXED
    assert len(await other.vector_ids()) == 3
    assert not await other.vector_ids() & await bench.vector_ids()


async def test_run_without_a_principal_is_refused(bench: Any) -> None:
    given = IngestInput(source="a.md", collection="default", data=b"# A")
    forged = {"configurable": {"principal": {"tenant_id": "default", "subject": "me"}}}

    with pytest.raises(MissingPrincipalError):
        await bench.graph.ainvoke({"input": given}, forged)
    with pytest.raises(MissingPrincipalError):  # streamed, LangGraph handles failures otherwise
        async for _ in bench.graph.astream({"input": given}, forged, stream_mode="custom"):
            pass


async def test_stages_come_in_order_and_the_outcome_last(bench: Any) -> None:
    given = IngestInput(source="../a.md", collection="default", data=MANUAL.encode())

    items = [item async for item in stream_document(bench.graph, bench.principal, given)]

    stages = [item for item in items if isinstance(item, dict)]
    assert [event["stage"] for event in stages] == [
        "fetch",
        "check_licence",
        "store_raw",
        "validate",
        "parse",
        "compare",
        "dedupe",
        "chunk",
        "embed",
        "index",
        "publish",
    ]
    assert {event["source"] for event in stages} == {"a.md"}
    assert isinstance(items[-1], IngestOutcome)
    assert IngestedDocument.model_validate(items[-1]).status == "indexed"


async def test_file_is_read_from_its_path(bench: Any, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(MANUAL)

    outcome = await ingest_document(
        bench.graph,
        bench.principal,
        IngestInput(source="a.md", collection="default", data_path=path),
    )

    assert outcome.status is DocumentStatus.INDEXED


async def test_missing_file_fails_without_a_document(bench: Any, tmp_path: Path) -> None:
    given = IngestInput(source="a.md", collection="default", data_path=tmp_path / "gone.md")

    outcome = await ingest_document(bench.graph, bench.principal, given)

    assert outcome.status is DocumentStatus.FAILED
    assert outcome.document_id is None
    assert outcome.message == "The file could not be read: No such file or directory."


async def test_deleted_document_can_be_added_again(bench: Any) -> None:
    first = await bench.ingest(MANUAL)
    async with bench.database.begin(bench.principal) as transaction:
        await transaction.documents.soft_delete(first.document_id)

    assert await bench.find("red valve") == []
    second = await bench.ingest(MANUAL)

    assert (second.status, second.document_id) == (DocumentStatus.INDEXED, first.document_id)
    assert (await bench.find("red valve"))[0].endswith("red valve.")


async def test_equal_files_of_two_runs_at_once_are_published_once(bench: Any) -> None:
    outcomes = await asyncio.gather(
        bench.ingest(MANUAL, source="a.md"), bench.ingest(MANUAL, source="b.md")
    )

    assert {o.status for o in outcomes} == {DocumentStatus.INDEXED, DocumentStatus.DUPLICATE}
    assert len(await bench.vector_ids()) == 3


def test_input_needs_exactly_one_content() -> None:
    with pytest.raises(ValueError, match="either"):
        IngestInput(source="a.md", collection="default")


async def test_failed_remake_of_what_is_published_leaves_it_in_place(bench: Any) -> None:
    await bench.ingest(MANUAL)
    before = await bench.vector_ids()
    store = FailingStore(bench.providers.vector_store, ProviderError("broken"), times=9)
    newer = bench.using(parser=NewerParser(bench.providers.parser), vector_store=store)

    outcome = await newer.ingest(MANUAL)

    assert (outcome.status, outcome.message) == (DocumentStatus.FAILED, "broken")
    assert await bench.vector_ids() == before
    assert (await bench.find("red valve"))[0].endswith("red valve.")
