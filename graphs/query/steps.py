"""Makes graph nodes of plain steps: reads who is asking, says that it started, measures."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph.types import Command

from graphs.identity import principal_of
from graphs.query.state import Context, QueryState
from providers.principal import Principal
from providers.telemetry import Span, span

TRACE_ID_KEY = "trace_id"
"""Key of the run's configuration under which the server puts the trace id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run as its steps see it.

    `emit` sends an event, a flat dict with its `type`, to whoever watches the run.
    """

    principal: Principal
    context: Context
    emit: Callable[[dict[str, object]], None]
    trace_id: str | None = None


Step = Callable[[QueryState, Turn], Awaitable[QueryState]]
Steps = Mapping[str, Step]
Route = Callable[[QueryState], str]
Node = Callable[
    [QueryState, RunnableConfig, Runtime[Context]], Awaitable[QueryState | Command[str]]
]


def as_node(steps: Steps, route: Route | None = None) -> Node:
    """Return a graph node that takes steps on behalf of the run's principal.

    To go from one node to the next takes the graph longer than a step that only computes, so
    such a one shares a node with another.

    Args:
        steps: What the node does, see `take`.
        route: Chooses the next node by what they found out; else an edge does.

    Raises:
        MissingPrincipalError: when it runs without a principal that the server made.
    """

    async def node(
        state: QueryState, config: RunnableConfig, runtime: Runtime[Context]
    ) -> QueryState | Command[str]:
        update = await take(steps, state, turn_of(config, runtime))
        return update if route is None else Command(update=update, goto=route(update))

    return node


async def take(steps: Steps, state: QueryState, turn: Turn) -> QueryState:
    """Take steps in order, say that each starts, and measure it; returns what they changed.

    Each step sees what those before it found out.
    """
    update: QueryState = {}
    timings: dict[str, float] = {}
    for name, step in steps.items():
        turn.emit({"type": "node.started", "node": name})
        started = perf_counter()
        with span(name) as doing:
            found = await step({**state, **update}, turn)
            _describe(doing, found)
        update = _joined(update, found)
        timings[name] = (perf_counter() - started) * 1000
    update["timings_ms"] = timings
    return update


def _describe(doing: Span, found: QueryState) -> None:
    """Say what a step found, on its span."""
    if not doing.recording:
        return
    if "passages" in found:
        passages = found["passages"]
        ids = dict.fromkeys(passage.chunk.document_id for passage in passages)
        doing.set(passages=len(passages), retrieved_document_ids=list(ids))
    doing.set(degraded=found.get("degraded") or None, cached=found.get("cached"))


def _joined(update: QueryState, further: QueryState) -> QueryState:
    """Put two updates of one node together; lists that the state adds up are added up."""
    merged: QueryState = {**update, **further}
    if "degraded" in update and "degraded" in further:
        merged["degraded"] = [*update["degraded"], *further["degraded"]]
    if "verdicts" in update and "verdicts" in further:
        merged["verdicts"] = [*update["verdicts"], *further["verdicts"]]
    return merged


def turn_of(config: RunnableConfig, runtime: Runtime[Context]) -> Turn:
    """Return the run as its steps see it.

    Raises:
        MissingPrincipalError: when there is no principal that the server made.
    """
    # Typed as present, but a run that is started without a context has none.
    context: Context | None = runtime.context
    return Turn(
        principal=principal_of(config),
        context=Context() if context is None else context,
        emit=runtime.stream_writer,
        trace_id=config.get("configurable", {}).get(TRACE_ID_KEY),
    )
