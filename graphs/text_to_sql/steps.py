"""Makes graph nodes of plain steps that decide where to go next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphInterrupt
from langgraph.runtime import Runtime
from langgraph.types import Command

from graphs.identity import principal_of
from graphs.query.steps import TRACE_ID_KEY
from graphs.text_to_sql.state import Context, Failure, SqlState
from providers.principal import Principal
from providers.telemetry import Span, span


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
        update, following = await _traced(name, step, state, turn)
        took = (perf_counter() - started) * 1000
        update["timings_ms"] = {name: took}
        return Command(update=update, goto=following)

    return node


async def _traced(name: str, step: Step, state: SqlState, turn: Turn) -> tuple[SqlState, str]:
    """Take a step inside a span of its own."""
    with span(name) as doing:
        try:
            update, following = await step(state, turn)
        except GraphInterrupt as asking:
            waits = asking
        else:
            _describe(doing, update)
            return update, following
        doing.set(waits=True)
    # Only now: a run that asks back and waits has not failed.
    raise waits


def _describe(doing: Span, update: SqlState) -> None:
    """Say on a step's span what it found: never rows, they are the team's own data."""
    if not doing.recording:
        return
    problem = update.get("error") or update.get("problem")
    if problem is not None:
        doing.set(problem=problem["code"], rule=problem["rule"])
    doing.set(
        route=update.get("route"),
        sql=update.get("draft") or update.get("sql") or None,
        row_count=update.get("row_count"),
        degraded=update.get("degraded") or None,
    )


def failed(code: str, message: str, rule: str | None = None) -> Failure:
    """Make the reason why there is no result."""
    return {"code": code, "rule": rule, "message": message}
