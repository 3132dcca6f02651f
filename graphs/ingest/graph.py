"""Puts the ingest graph together and runs it for one file."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import partial
from itertools import pairwise

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import RetryPolicy

from data.database import Database
from data.errors import DatabaseBusyError
from graphs.identity import config_for
from graphs.ingest import events, preparing, publishing, receiving
from graphs.ingest.naming import display_name
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import (
    IngestInput,
    IngestOutcome,
    IngestProviders,
    IngestRequest,
    IngestResult,
    IngestState,
)
from providers.errors import TransientProviderError
from providers.principal import Principal

IngestGraph = CompiledStateGraph[IngestState, None, IngestRequest, IngestResult]
RETRY = RetryPolicy(
    max_attempts=4, initial_interval=0.5, retry_on=(TransientProviderError, DatabaseBusyError)
)
"""Four attempts, after 0.5, 1 and 2 seconds: a busy server gets 3.5 seconds to recover."""


def build(
    providers: IngestProviders,
    database: Database,
    settings: IngestSettings,
    *,
    retry: RetryPolicy = RETRY,
) -> StateGraph[IngestState, None, IngestRequest, IngestResult]:
    """Assemble the graph that ingests one file.

    Args:
        providers: the parser, the stores and the encoders.
        database: where documents and chunks are kept.
        settings: limits and chunk sizes.
        retry: when a node is run again.
    """
    builder: StateGraph[IngestState, None, IngestRequest, IngestResult] = StateGraph(
        IngestState, input_schema=IngestRequest, output_schema=IngestResult
    )
    builder.set_node_defaults(
        retry_policy=retry,
        error_handler=partial(publishing.reject, database=database, providers=providers),
    )
    builder.add_node("fetch", partial(receiving.fetch, settings=settings))
    builder.add_node(
        "validate",
        partial(receiving.validate, database=database, providers=providers, settings=settings),
    )
    builder.add_node("store_raw", partial(receiving.store_raw, object_store=providers.object_store))
    builder.add_node("parse", partial(preparing.parse, providers=providers))
    builder.add_node("chunk", partial(preparing.chunk, providers=providers, settings=settings))
    builder.add_node(
        "embed",
        partial(preparing.embed, database=database, providers=providers, settings=settings),
    )
    builder.add_node("index", partial(publishing.index, providers=providers))
    builder.add_node("publish", partial(publishing.publish, database=database, providers=providers))
    builder.add_edge(START, "fetch")
    builder.add_edge("fetch", "validate")
    builder.add_conditional_edges("validate", _after_validate, ["store_raw", END])
    nodes = ("store_raw", "parse", "chunk", "embed", "index", "publish", END)
    for before, after in pairwise(nodes):
        builder.add_edge(before, after)
    return builder


def _after_validate(state: IngestState) -> str:
    return END if "outcome" in state else "store_raw"


async def ingest_document(
    graph: IngestGraph, principal: Principal, given: IngestInput
) -> IngestOutcome:
    """Ingest one file and return what became of it."""
    outcome: IngestOutcome | None = None
    async for item in stream_document(graph, principal, given):
        if isinstance(item, IngestOutcome):
            outcome = item
    if outcome is None:
        raise AssertionError("a run ends with an outcome")
    return outcome


async def stream_document(
    graph: IngestGraph, principal: Principal, given: IngestInput
) -> AsyncGenerator[events.IngestEvent | IngestOutcome]:
    """Ingest one file; yields its stage events and, last, its outcome."""
    safe = replace(given, source=display_name(given.source))
    parts = graph.astream(
        {"input": safe}, config_for(principal), stream_mode=["custom", "values"], version="v2"
    )
    outcome: IngestOutcome | None = None
    async for part in parts:
        if part["type"] == "custom":
            yield part["data"]
        elif part["type"] == "values":
            outcome = part["data"].get("outcome", outcome)
    if outcome is not None:
        yield outcome
