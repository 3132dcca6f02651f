"""Runs the ingest graph for one file, from its beginning or from where it stopped."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained

from data.errors import DRIVER_ERRORS, translate
from graphs.errors import ArtifactMissingError
from graphs.identity import config_for
from graphs.ingest import events
from graphs.ingest.control import DocumentControl
from graphs.ingest.graph import IngestGraph
from graphs.ingest.naming import display_name
from graphs.ingest.state import IngestInput, IngestOutcome
from providers.principal import Principal

Progress = AsyncGenerator[events.IngestEvent | IngestOutcome]
"""The stage events of a run and, last, its outcome; no outcome when it was stopped."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Where a run keeps its checkpoints, what stops it, and the node before which it ends."""

    id: str
    control: DocumentControl
    until: str | None = None


async def ingest_document(
    graph: IngestGraph, principal: Principal, given: IngestInput
) -> IngestOutcome:
    """Ingest one file and return what became of it; keeps no checkpoints."""
    outcome: IngestOutcome | None = None
    async for item in stream_document(graph, principal, given):
        if isinstance(item, IngestOutcome):
            outcome = item
    if outcome is None:
        raise AssertionError("a run ends with an outcome")
    return outcome


def stream_document(
    graph: IngestGraph, principal: Principal, given: IngestInput, thread: Thread | None = None
) -> Progress:
    """Ingest one file.

    With a thread, a graph that has a checkpointer goes on at the node where an earlier run
    of that thread stopped; a finished one is not run again.

    Raises:
        DatabaseError: the checkpoints cannot be written.
    """
    safe = replace(given, source=display_name(given.source))
    saver = graph.checkpointer
    if thread is None or not isinstance(saver, BaseCheckpointSaver):
        return _stream(graph, {"input": safe}, config_for(principal))
    return _resumable(graph, saver, principal, safe, thread)


async def _resumable(
    graph: IngestGraph,
    saver: BaseCheckpointSaver[Any],
    principal: Principal,
    given: IngestInput,
    thread: Thread,
) -> Progress:
    config = config_for(principal)
    config["configurable"]["thread_id"] = thread.id
    options: dict[str, Any] = {"durability": "sync", "control": thread.control}
    if thread.until is not None:
        options["interrupt_before"] = [thread.until]
    try:
        found = await saver.aget_tuple(config)
        values = found.checkpoint["channel_values"] if found else {}
        if "outcome" in values:
            yield values["outcome"]
            return
        if thread.until is not None and thread.until in (await graph.aget_state(config)).next:
            return
        try:
            start = {"input": given} if found is None else None
            async for item in _stream(graph, start, config, **options):
                yield item
        except ArtifactMissingError:
            await saver.adelete_thread(thread.id)
            async for item in _stream(graph, {"input": given}, config, **options):
                yield item
    except GraphDrained:
        return
    except DRIVER_ERRORS as error:
        raise translate(error) from error


async def _stream(
    graph: IngestGraph, start: Any, config: RunnableConfig, **options: Any
) -> Progress:
    parts = graph.astream(start, config, stream_mode=["custom", "values"], version="v2", **options)
    outcome: IngestOutcome | None = None
    async for part in parts:
        if part["type"] == "custom":
            yield part["data"]
        elif part["type"] == "values":
            outcome = part["data"].get("outcome", outcome)
    if outcome is not None:
        yield outcome
