"""Ingests many files at once, so that one is parsed while another is embedded.

The files of a batch are the `Send`s of a small graph of its own, whose checkpoints remember
which have ended; each file is a run of the ingest graph with checkpoints of its own.
"""

import asyncio
import contextvars
import operator
import uuid
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from typing_extensions import TypedDict

from data.errors import DRIVER_ERRORS, translate
from graphs.ingest import events
from graphs.ingest.control import BatchControl
from graphs.ingest.graph import IngestGraph
from graphs.ingest.running import Thread, stream_document
from graphs.ingest.state import IngestInput, IngestOutcome
from graphs.ingest.turns import Turns
from graphs.trouble import may_pass
from providers.principal import Principal

CONCURRENCY = 4
"""Files in work at once: enough to keep the embedder busy while others are parsed and stored."""


class BatchState(TypedDict, total=False):
    """How many files there are, and the outcome of each that has ended, by its number."""

    files: int
    done: Annotated[dict[str, IngestOutcome], operator.or_]


class _File(TypedDict):
    """The number of one file; what a `Send` carries."""

    number: int


@dataclass(slots=True)
class BatchResult:
    """What became of a batch: outcomes in the order of its files, and how many have none yet.

    `failure` is the passing trouble that stopped one of those, if any.
    """

    outcomes: list[IngestOutcome] = field(default_factory=list)
    left: int = 0
    failure: Exception | None = None


async def ingest_all(
    graph: IngestGraph,
    principal: Principal,
    inputs: Iterable[IngestInput],
    concurrency: int = CONCURRENCY,
) -> AsyncGenerator[events.IngestEvent]:
    """Ingest files; yields `document.stage` and `document.finished` events as they come.

    Each file gets exactly one `document.finished`; a bad one never stops the others. Closing
    the iterator stops the work.
    """
    batch = Batch(graph, principal, list(inputs), concurrency=concurrency)
    try:
        async for event in batch.events():
            yield event
    finally:
        await batch.forget()


class Batch:
    """Files in work; those of one source or of equal content go one after the other.

    With a `saver`, and a graph that keeps checkpoints too, a batch of the same `thread_id`
    goes on where an earlier one stopped: what had ended is not run again, and its outcome is
    in `result`.
    """

    def __init__(
        self,
        graph: IngestGraph,
        principal: Principal,
        inputs: Sequence[IngestInput],
        *,
        concurrency: int = CONCURRENCY,
        thread_id: str | None = None,
        saver: BaseCheckpointSaver[Any] | None = None,
        control: BatchControl | None = None,
    ) -> None:
        self._graph = graph
        self._principal = principal
        self._inputs = inputs
        self._thread_id = thread_id or uuid.uuid4().hex
        self._saver = saver
        self._control = control or BatchControl()
        self._turns = Turns(concurrency)
        self._queue: asyncio.Queue[events.IngestEvent | None] = asyncio.Queue()
        # A run inside a node would inherit the node's checkpoints; these have their own.
        self._outside = contextvars.copy_context()
        self.result = BatchResult()

    async def events(self) -> AsyncGenerator[events.IngestEvent]:
        """Do the work; yields events as they come. `result` is complete at the end.

        Raises:
            DatabaseError: the checkpoints cannot be read or written.
        """
        task = asyncio.create_task(self._run())
        task.add_done_callback(lambda _: self._queue.put_nowait(None))
        try:
            while (event := await self._queue.get()) is not None:
                yield event
            await task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def forget(self) -> None:
        """Remove the checkpoints of the batch and of its files."""
        saver = self._saver or self._graph.checkpointer
        if isinstance(saver, BaseCheckpointSaver):
            for thread_id in thread_ids(self._thread_id, len(self._inputs)):
                await saver.adelete_thread(thread_id)

    async def _run(self) -> None:
        graph = self._build().compile(checkpointer=self._saver, name="batch")
        config: RunnableConfig = {"configurable": {"thread_id": self._thread_id}}
        options: dict[str, Any] = {} if self._saver is None else {"durability": "sync"}
        try:
            if self._saver is not None and (await graph.aget_state(config)).created_at:
                # What the earlier run stopped counts as ended in its last step: see below.
                await graph.ainvoke(None, config, **options)
            start: BatchState = {"files": len(self._inputs), "done": {}}
            state = await graph.ainvoke(start, config, **options)
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        done: dict[str, IngestOutcome] = state["done"]
        self.result.outcomes = [done[number] for number in sorted(done, key=int)]
        self.result.left = len(self._inputs) - len(done)

    def _build(self) -> StateGraph[BatchState, None, BatchState, BatchState]:
        builder: StateGraph[BatchState, None, BatchState, BatchState] = StateGraph(BatchState)
        builder.add_node("document", self._document, input_schema=_File)
        builder.add_conditional_edges(START, _fan_out, ["document", END])
        return builder

    async def _document(self, state: _File) -> BatchState:
        work = asyncio.create_task(self._ingest(state["number"]), context=self._outside.copy())
        try:
            outcome = await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
        return {} if outcome is None else {"done": {str(state["number"]): outcome}}

    async def _ingest(self, number: int) -> IngestOutcome | None:
        given = self._inputs[number]
        async with self._turns.of(given):
            if self._control.drain_requested:
                return None
            with self._control.document() as control:
                thread = Thread(thread_id_of(self._thread_id, number), control)
                try:
                    outcome = await self._follow(given, thread)
                except Exception as error:
                    if not (control.patient and may_pass(error)):
                        raise
                    control.failure, outcome = error, None
                self.result.failure = control.failure or self.result.failure
        return outcome

    async def _follow(self, given: IngestInput, thread: Thread) -> IngestOutcome | None:
        outcome: IngestOutcome | None = None
        async for item in stream_document(self._graph, self._principal, given, thread):
            if isinstance(item, IngestOutcome):
                outcome, item = item, events.finished(item)  # noqa: PLW2901 - told as an event
            self._queue.put_nowait(item)
        return outcome


def _fan_out(state: BatchState) -> list[Send] | str:
    left = [number for number in range(state["files"]) if str(number) not in state["done"]]
    return [Send("document", _File(number=number)) for number in left] or END


def thread_id_of(batch: str, number: int) -> str:
    """Return the name of the checkpoints of one file of a batch."""
    return f"{batch}:{number}"


def thread_ids(batch: str, files: int) -> list[str]:
    """Return the names of all checkpoints of a batch and its files."""
    return [batch, *(thread_id_of(batch, number) for number in range(files))]
