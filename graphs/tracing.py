"""Makes a span of a graph's run, and of each of its nodes."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import Runnable

from providers.telemetry import Span, SpanKind, current, described, enter, start

Describe = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Says what a state holds that is worth keeping."""
GraphT = TypeVar("GraphT", bound=Runnable[Any, Any])


class NodeTracer(BaseCallbackHandler):
    """Follows one graph; a run that nobody records costs it a look-up.

    It must be called in the task of the node itself, or what the node does would not be found
    below it: hence `run_inline`.
    """

    run_inline = True

    def __init__(self, graph: str, describe: Describe) -> None:
        self._graph = graph
        self._describe = describe
        self._open: dict[UUID, tuple[Span, Span]] = {}

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        name: str | None = None,
        **_more: Any,
    ) -> None:
        """Begin a span for a graph or a node; what else a graph runs inside itself has none."""
        outer = current()
        node = (metadata or {}).get("langgraph_node")
        if not outer.recording or (parent_run_id is not None and name != node):
            return
        kind = SpanKind.GRAPH if parent_run_id is None else SpanKind.NODE
        span = start(self._graph if kind is SpanKind.GRAPH else str(name), kind)
        if kind is SpanKind.GRAPH:
            span.set(**self._said(inputs))
        enter(span)
        self._open[run_id] = (span, outer)

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_more: Any) -> None:
        """End a span."""
        found = self._open.pop(run_id, None)
        if found is not None:
            span, outer = found
            span.set(**self._said(outputs))
            enter(outer)
            span.end()

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_more: Any) -> None:
        """End a span that failed."""
        found = self._open.pop(run_id, None)
        if found is not None:
            span, outer = found
            enter(outer)
            span.end(described(type(error), error))

    def _said(self, state: Any) -> Mapping[str, Any]:
        return self._describe(state) if isinstance(state, Mapping) else {}


def traced(graph: GraphT, name: str, describe: Describe) -> GraphT:
    """Return the graph with spans of its runs; `describe` is asked at both ends of each."""
    followed: Any = graph.with_config({"callbacks": [NodeTracer(name, describe)]})
    return followed  # type: ignore[no-any-return]
