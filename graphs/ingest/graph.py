"""Puts the ingest graph together."""

from collections.abc import Callable, Mapping
from copy import copy
from functools import partial
from inspect import signature
from itertools import pairwise
from typing import Any, Final

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import RetryPolicy

from data.database import Database
from data.errors import DatabaseBusyError, DatabaseUnreachableError
from graphs.ingest import preparing, publishing, receiving, rejecting
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import (
    IngestProviders,
    IngestRequest,
    IngestResult,
    IngestState,
)
from graphs.ingest.step_saver import StepSaver
from providers.errors import TransientProviderError

NODES: Final[Mapping[str, Callable[..., Any]]] = {
    "fetch": receiving.fetch,
    "store_raw": receiving.store_raw,
    "validate": receiving.validate,
    "parse": preparing.parse,
    "chunk": preparing.chunk,
    "embed": preparing.embed,
    "index": publishing.index,
    "publish": publishing.publish,
}
"""The nodes in their order; each may end the run by leaving an outcome."""
IngestGraph = CompiledStateGraph[IngestState, None, IngestRequest, IngestResult]
RETRY = RetryPolicy(
    max_attempts=4,
    initial_interval=0.5,
    retry_on=(TransientProviderError, DatabaseBusyError, DatabaseUnreachableError),
)
"""Four attempts, after 0.5, 1 and 2 seconds: a busy server gets 3.5 seconds to recover."""


def build(
    providers: IngestProviders,
    database: Database,
    settings: IngestSettings,
    *,
    artifacts: Artifacts | None = None,
    retry: RetryPolicy = RETRY,
) -> StateGraph[IngestState, None, IngestRequest, IngestResult]:
    """Assemble the graph that ingests one file.

    Args:
        providers: the parser, the stores and the encoders.
        database: where documents and chunks are kept.
        settings: limits and chunk sizes.
        artifacts: what the nodes leave for each other; in the object store by default.
        retry: when a node is run again.
    """
    builder: StateGraph[IngestState, None, IngestRequest, IngestResult] = StateGraph(
        IngestState, input_schema=IngestRequest, output_schema=IngestResult
    )
    bound: dict[str, Any] = {
        "database": database,
        "providers": providers,
        "settings": settings,
        "artifacts": artifacts or Artifacts(providers.object_store),
    }
    builder.set_node_defaults(retry_policy=retry, error_handler=_bind(rejecting.reject, bound))
    for name, node in NODES.items():
        builder.add_node(name, _bind(node, bound))
    builder.add_edge(START, next(iter(NODES)))
    for before, after in pairwise([*NODES, END]):
        builder.add_conditional_edges(before, partial(_follow, after), [after, END])
    return builder


def _bind(node: Callable[..., Any], bound: Mapping[str, Any]) -> Callable[..., Any]:
    """Give a node those dependencies that its signature names."""
    wanted = signature(node).parameters
    return partial(node, **{name: value for name, value in bound.items() if name in wanted})


def _follow(after: str, state: IngestState) -> str:
    """Go on to the next node, unless the last one ended the run with an outcome."""
    return END if "outcome" in state else after


def with_checkpoints(graph: IngestGraph, saver: BaseCheckpointSaver[Any]) -> IngestGraph:
    """Return the same graph, keeping its state after each node."""
    keeping = copy(graph)
    keeping.checkpointer = StepSaver(saver)
    return keeping
