"""Makes nodes of the agent of plain steps that decide where to go next."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.errors import GraphInterrupt
from langgraph.runtime import Runtime
from langgraph.types import Command

from graphs.agent.state import AgentState, Context
from graphs.agent.tools import Emit
from graphs.identity import principal_of
from graphs.query.steps import TRACE_ID_KEY
from providers.principal import Principal
from providers.telemetry import Span, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run as its steps see it."""

    principal: Principal
    context: Context
    emit: Emit
    trace_id: str | None = None


Step = Callable[[AgentState, Turn], Awaitable[tuple[AgentState, str]]]
"""Returns what changed, and the name of the next node."""
Node = Callable[[AgentState, RunnableConfig, Runtime[Context]], Awaitable[Command[Any]]]


def as_node(name: str, step: Step) -> Node:
    """Return a node that takes one step on behalf of the run's principal.

    Raises:
        MissingPrincipalError: when it runs without a principal that the server made.
    """

    async def node(
        state: AgentState, config: RunnableConfig, runtime: Runtime[Context]
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
        spent = state.get("timings_ms", {}).get(name, 0.0)
        update["timings_ms"] = {name: spent + (perf_counter() - started) * 1000}
        return Command(update=update, goto=following)

    return node


async def _traced(name: str, step: Step, state: AgentState, turn: Turn) -> tuple[AgentState, str]:
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


def _describe(doing: Span, update: AgentState) -> None:
    """Say on a step's span what it decided: never rows, they are the team's own data."""
    if not doing.recording:
        return
    plan, calls = update.get("plan"), update.get("calls")
    doing.set(
        plan=[one["tool"] for one in plan] if plan else None,
        chosen_by=update.get("chosen_by"),
        called=[{"tool": one["tool"], "outcome": one["outcome"]} for one in calls or []] or None,
        degraded=update.get("degraded") or None,
    )
