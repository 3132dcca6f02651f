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
Route = Callable[[QueryState], str]
Node = Callable[
    [QueryState, RunnableConfig, Runtime[Context]], Awaitable[QueryState | Command[str]]
]


def as_node(steps: Mapping[str, Step], route: Route | None = None) -> Node:
    """Return a graph node that runs steps, by name and in order, for the run's principal.

    Each step says that it started and is timed. To go from one node to the next takes the
    graph longer than a step that only computes, so such a one shares a node with another.

    Args:
        steps: What the node does; each step sees what those before it found out.
        route: Chooses the next node by what they found out; else an edge does.

    Raises:
        MissingPrincipalError: when it runs without a principal that the server made.
    """

    async def node(
        state: QueryState, config: RunnableConfig, runtime: Runtime[Context]
    ) -> QueryState | Command[str]:
        turn = Turn(
            principal=principal_of(config),
            context=_context(runtime),
            emit=runtime.stream_writer,
            trace_id=config.get("configurable", {}).get(TRACE_ID_KEY),
        )
        update: QueryState = {}
        timings: dict[str, float] = {}
        for name, step in steps.items():
            turn.emit({"type": "node.started", "node": name})
            started = perf_counter()
            update |= await step({**state, **update}, turn)
            timings[name] = (perf_counter() - started) * 1000
        update["timings_ms"] = timings
        return update if route is None else Command(update=update, goto=route(update))

    return node


def _context(runtime: Runtime[Context]) -> Context:
    # Typed as present, but a run that is started without a context has none.
    given: Context | None = runtime.context
    return Context() if given is None else given
