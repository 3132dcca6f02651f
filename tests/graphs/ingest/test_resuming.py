"""A run that was stopped anywhere goes on, and leaves what an undisturbed one leaves."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from data.models import DocumentStatus
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.batch import Batch, thread_ids
from graphs.ingest.control import BatchControl, DocumentControl
from graphs.ingest.graph import NODES, IngestGraph, build, with_checkpoints
from graphs.ingest.running import Thread, stream_document
from graphs.ingest.state import CHECKPOINTED, IngestInput, IngestOutcome
from providers.errors import TransientProviderError
from providers.types import IndexPoint, Matrix, ParsedDocument, TextKind

MANUAL = "# Pump\n\nIt moves water.\n\n## Use\n\nOpen the red valve.\n\n## Care\n\nWipe it weekly."


class Killed(BaseException):
    """The process ends here: nothing after it runs."""


class Counting:
    """Counts calls of a provider and passes them on; fails as told."""

    def __init__(self, inner: Any, failures: Sequence[BaseException] = ()) -> None:
        self._inner = inner
        self._failures = list(failures)
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def _count(self) -> None:
        self.calls += 1
        if self._failures:
            raise self._failures.pop(0)

    async def parse(self, data: bytes, *, filename: str, media_type: str) -> ParsedDocument:
        self._count()
        found: ParsedDocument = await self._inner.parse(
            data, filename=filename, media_type=media_type
        )
        return found

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        self._count()
        found: Matrix = await self._inner.embed(texts, kind=kind)
        return found

    async def upsert(self, index: str, tenant_id: str, points: Sequence[IndexPoint]) -> None:
        self._count()
        await self._inner.upsert(index, tenant_id, points)


@pytest.fixture
async def saver(tmp_path: Path) -> AsyncIterator[AsyncSqliteSaver]:
    serde = JsonPlusSerializer(allowed_msgpack_modules=CHECKPOINTED)
    async with aiosqlite.connect(tmp_path / "checkpoints.db") as connection:
        yield AsyncSqliteSaver(connection, serde=serde)


@pytest.fixture
def manual(tmp_path: Path) -> IngestInput:
    path = tmp_path / "manual.md"
    path.write_text(MANUAL)
    return IngestInput(source="manual.md", collection="default", data_path=path)


def compiled(bench: Any, saver: AsyncSqliteSaver, **changes: Any) -> IngestGraph:
    """A graph as a new process has it: nothing of an earlier one waits in memory."""
    providers = replace(bench.providers, **changes)
    builder = build(
        providers, bench.database, bench.settings, artifacts=Artifacts(providers.object_store)
    )
    return with_checkpoints(builder.compile(), saver)


async def run(
    graph: IngestGraph, bench: Any, given: IngestInput, control: DocumentControl | None = None
) -> tuple[list[str], IngestOutcome | None]:
    """Return the stages that a run went through, and its outcome."""
    stages: list[str] = []
    outcome: IngestOutcome | None = None
    thread = Thread("job:0", control or DocumentControl(patient=False))
    async for item in stream_document(graph, bench.principal, given, thread):
        if isinstance(item, IngestOutcome):
            outcome = item
        elif not stages or stages[-1] != item["stage"]:
            stages.append(item["stage"])
            if control is not None and item["stage"] == getattr(control, "stop_at", None):
                control.request_drain()
    return stages, outcome


class StoppedAt(DocumentControl):
    """Asks the run to stop while it is in a node."""

    def __init__(self, node: str) -> None:
        super().__init__(patient=False)
        self.stop_at = node


@pytest.mark.parametrize("node", [*NODES][:-1])
async def test_a_stopped_run_goes_on_at_the_next_node(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput, node: str
) -> None:
    at = [*NODES].index(node)

    before, none = await run(compiled(bench, saver), bench, manual, StoppedAt(node))
    after, outcome = await run(compiled(bench, saver), bench, manual)

    assert none is None
    assert before == [*NODES][: at + 1]
    assert after == [*NODES][at + 1 :]
    assert outcome is not None
    assert (outcome.status, outcome.chunks) == (DocumentStatus.INDEXED, 3)
    assert len(await bench.vector_ids()) == 3
    assert (await bench.find("red valve"))[0].endswith("red valve.")


@pytest.mark.parametrize(
    ("provider", "node"), [("parser", "parse"), ("embedder", "embed"), ("vector_store", "index")]
)
async def test_a_killed_run_repeats_only_the_node_it_was_in(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput, provider: str, node: str
) -> None:
    killer = Counting(getattr(bench.providers, provider), [Killed()])
    with pytest.raises(Killed):
        await run(compiled(bench, saver, **{provider: killer}), bench, manual)

    stages, outcome = await run(compiled(bench, saver), bench, manual)

    assert stages[0] == node
    assert outcome is not None
    assert outcome.status is DocumentStatus.INDEXED
    assert len(await bench.vector_ids()) == 3


async def test_a_finished_run_is_not_run_again(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput
) -> None:
    _, first = await run(compiled(bench, saver), bench, manual)

    stages, second = await run(compiled(bench, saver), bench, manual)

    assert stages == []
    assert second == first


async def test_passing_trouble_leaves_a_patient_run_where_it_is(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput
) -> None:
    trouble = [TransientProviderError("gone for a while") for _ in range(4)]
    flaky = Counting(bench.providers.vector_store, trouble)
    parser = Counting(bench.providers.parser)
    graph = compiled(bench, saver, vector_store=flaky, parser=parser)
    control = DocumentControl(patient=True)

    _, none = await run(graph, bench, manual, control)
    stages, outcome = await run(graph, bench, manual, DocumentControl(patient=True))

    assert none is None
    assert isinstance(control.failure, TransientProviderError)
    assert stages == ["index", "publish"]
    assert outcome is not None
    assert outcome.status is DocumentStatus.INDEXED
    assert parser.calls == 1


async def test_lost_intermediate_results_start_the_run_over(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput
) -> None:
    await run(compiled(bench, saver), bench, manual, StoppedAt("embed"))
    store = bench.providers.object_store
    for key in await store.keys("derived"):
        await store.delete(key)

    stages, outcome = await run(compiled(bench, saver), bench, manual)

    assert stages == ["index", *NODES]
    assert outcome is not None
    assert outcome.status is DocumentStatus.INDEXED


async def test_the_original_is_not_needed_once_it_is_kept(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput
) -> None:
    await run(compiled(bench, saver), bench, manual, StoppedAt("store_raw"))
    assert manual.data_path is not None
    manual.data_path.unlink()

    _, outcome = await run(compiled(bench, saver), bench, manual)

    assert outcome is not None
    assert outcome.status is DocumentStatus.INDEXED


async def test_a_file_that_changes_before_it_is_kept_is_refused(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput
) -> None:
    await run(compiled(bench, saver), bench, manual, StoppedAt("fetch"))
    assert manual.data_path is not None
    manual.data_path.write_text("# Something else")

    _, outcome = await run(compiled(bench, saver), bench, manual)

    assert outcome is not None
    assert outcome.status is DocumentStatus.FAILED
    assert outcome.message == "'manual.md' changed while it was being read; add it again"


def files(tmp_path: Path, count: int) -> list[IngestInput]:
    made = []
    for number in range(count):
        path = tmp_path / f"{number}.md"
        path.write_text(f"# File {number}\n\nWords of {number}.")
        made.append(IngestInput(source=path.name, collection="default", data_path=path))
    return made


def batch_of(
    graph: IngestGraph, bench: Any, inputs: list[IngestInput], saver: Any, **options: Any
) -> Batch:
    return Batch(graph, bench.principal, inputs, thread_id="job", saver=saver, **options)


async def ingest(batch: Batch) -> list[str]:
    return [e["source"] async for e in batch.events() if e["type"] == "document.finished"]


async def test_files_that_ended_are_not_run_again_when_a_batch_goes_on(
    bench: Any, saver: AsyncSqliteSaver, tmp_path: Path
) -> None:
    inputs = files(tmp_path, 6)
    embedder = Counting(bench.providers.embedder)
    stop_after = 3

    class Killing(Counting):
        async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
            if self.calls == stop_after:
                raise Killed
            return await super().embed(texts, kind=kind)

    dying = compiled(bench, saver, embedder=Killing(bench.providers.embedder))
    with pytest.raises(Killed):
        await ingest(batch_of(dying, bench, inputs, saver, concurrency=1))

    batch = batch_of(compiled(bench, saver, embedder=embedder), bench, inputs, saver)
    told = await ingest(batch)

    assert sorted(told) == ["3.md", "4.md", "5.md"]
    assert embedder.calls == 3
    assert [outcome.source for outcome in batch.result.outcomes] == [f"{n}.md" for n in range(6)]
    assert {outcome.status for outcome in batch.result.outcomes} == {DocumentStatus.INDEXED}
    await batch.forget()
    assert [step async for step in saver.alist(None)] == []


async def test_a_drained_batch_says_what_is_left_and_goes_on(
    bench: Any, saver: AsyncSqliteSaver, tmp_path: Path
) -> None:
    inputs, control = files(tmp_path, 5), BatchControl()
    graph = compiled(bench, saver)
    first = batch_of(graph, bench, inputs, saver, concurrency=1, control=control)
    async for event in first.events():
        if event["type"] == "document.finished" and event["source"] == "1.md":
            control.request_drain("shutdown")

    second = batch_of(graph, bench, inputs, saver)
    told = await ingest(second)

    assert 2 <= len(first.result.outcomes) < 5
    assert first.result.left == 5 - len(first.result.outcomes)
    assert len(told) == first.result.left
    assert (len(second.result.outcomes), second.result.left) == (5, 0)
    assert len(await bench.vector_ids()) == 5


async def test_only_files_in_trouble_are_left_over(
    bench: Any, saver: AsyncSqliteSaver, tmp_path: Path
) -> None:
    inputs = files(tmp_path, 4)

    class Picky(Counting):
        async def parse(self, data: bytes, *, filename: str, media_type: str) -> ParsedDocument:
            if filename == "2.md":
                raise TransientProviderError("not now")
            return await super().parse(data, filename=filename, media_type=media_type)

    graph = compiled(bench, saver, parser=Picky(bench.providers.parser))
    control = BatchControl(patient=True)
    first = batch_of(graph, bench, inputs, saver, control=control)
    assert sorted(await ingest(first)) == ["0.md", "1.md", "3.md"]
    assert (first.result.left, str(first.result.failure)) == (1, "not now")

    second = batch_of(compiled(bench, saver), bench, inputs, saver)

    assert await ingest(second) == ["2.md"]
    assert len(second.result.outcomes) == 4


def test_a_file_has_its_own_checkpoints() -> None:
    assert thread_ids("job", 2) == ["job", "job:0", "job:1"]


async def test_a_run_is_cut_into_stages_that_go_on_where_the_last_one_ended(
    bench: Any, saver: AsyncSqliteSaver, manual: IngestInput
) -> None:
    stages: list[str] = []
    for until in ("embed", "embed", "index", None):
        thread = Thread("job:0", DocumentControl(patient=False), until)
        graph = compiled(bench, saver)  # each stage in a process of its own
        ran = [item async for item in stream_document(graph, bench.principal, manual, thread)]
        stages.append(
            "+".join(dict.fromkeys(item["stage"] for item in ran if isinstance(item, dict)))
        )

    before = "fetch+check_licence+store_raw+validate+parse+compare+dedupe+chunk"
    assert stages == [before, "", "embed", "index+publish"]
    assert isinstance(ran[-1], IngestOutcome)
    assert ran[-1].status is DocumentStatus.INDEXED
