"""Makes graph nodes of plain steps that decide where to go next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime
from langgraph.types import Command

from graphs.identity import principal_of
from graphs.query.steps import TRACE_ID_KEY
from graphs.text_to_sql.state import Context, Failure, SqlState
from providers.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run as its steps see it; `emit` sends an event, a flat dict with its `type`."""

    principal: Principal
    context: Context
    emit: Callable[[dict[str, object]], None]
    trace_id: str | None = None


Step = Callable[[SqlState, Turn], Awaitable[tuple[SqlState, str]]]
"""Returns what changed, and the name of the next node."""
Node = Callable[[SqlState, RunnableConfig, Runtime[Context]], Awaitable[Command[Any]]]


def as_node(name: str, step: Step) -> Node:
    """Return a graph node that takes one step on behalf of the run's principal.

    Raises:
        MissingPrincipalError: when it runs without a principal that the server made.
    """

    async def node(
        state: SqlState, config: RunnableConfig, runtime: Runtime[Context]
    ) -> Command[Any]:
        context: Context | None = runtime.context
        turn = Turn(
            principal=principal_of(config),
            context=Context() if context is None else context,
            emit=runtime.stream_writer,
            trace_id=config.get("configurable", {}).get(TRACE_ID_KEY),
        )
        turn.emit({"type": "node.started", "node": name})
        started = perf_counter()
        update, following = await step(state, turn)
        took = (perf_counter() - started) * 1000
        update["timings_ms"] = {name: took}
        return Command(update=update, goto=following)

    return node


def failed(code: str, message: str, rule: str | None = None) -> Failure:
    """Make the reason why there is no result."""
    return {"code": code, "rule": rule, "message": message}
