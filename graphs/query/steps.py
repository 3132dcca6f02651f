"""Makes graph nodes of plain steps: reads who is asking, says that it started, measures."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

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
Node = Callable[[QueryState, RunnableConfig, Runtime[Context]], Awaitable[QueryState]]


def as_node(name: str, step: Step) -> Node:
    """Return a graph node that runs `step` on behalf of the run's principal.

    Raises:
        MissingPrincipalError: when it runs without a principal that the server made.
    """

    async def node(
        state: QueryState, config: RunnableConfig, runtime: Runtime[Context]
    ) -> QueryState:
        turn = Turn(
            principal=principal_of(config),
            context=_context(runtime),
            emit=runtime.stream_writer,
            trace_id=config.get("configurable", {}).get(TRACE_ID_KEY),
        )
        turn.emit({"type": "node.started", "node": name})
        started = perf_counter()
        update = await step(state, turn)
        update["timings_ms"] = {name: (perf_counter() - started) * 1000}
        return update

    return node


def _context(runtime: Runtime[Context]) -> Context:
    # Typed as present, but a run that is started without a context has none.
    given: Context | None = runtime.context
    return Context() if given is None else given
