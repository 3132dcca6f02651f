"""Third step: one tool is called, and what it finds is told while it is found."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from data.errors import DatabaseError
from graphs.agent.settling import settle
from graphs.agent.state import AgentState, Called, Outcome, PlannedCall, ToolResult
from graphs.agent.steps import Turn
from graphs.agent.tools import Emit, TellingTool, Tool, Toolbox
from graphs.errors import GraphError, MissingPrincipalError
from providers.errors import ProviderError
from providers.telemetry import SpanKind, span


async def call_tool(state: AgentState, turn: Turn, *, toolbox: Toolbox) -> tuple[AgentState, str]:
    """Call the next tool of the plan; when it has no answer, the one after it may have."""
    planned, *rest = state["plan"]
    tool = toolbox.named(planned["tool"])
    turn.emit(
        {"type": "tool.called", "tool": planned["tool"], "arguments": dict(planned["arguments"])}
    )
    speech = Speech(turn.emit, begun=state.get("said", False))
    started = perf_counter()
    with span(planned["tool"], SpanKind.TOOL) as doing:
        data = await _called(tool, planned, turn, speech)
        outcome = outcome_of(data)
        doing.set(outcome=outcome, arguments=dict(planned["arguments"]))
    speech.finish(str(data.get("answer", "")) if outcome == "answered" else None)
    took = round((perf_counter() - started) * 1000, 1)
    turn.emit({"type": "tool.finished", "tool": planned["tool"], "outcome": outcome, "ms": took})
    result: ToolResult = {**planned, "outcome": outcome, "data": data}
    called: Called = {**planned, "outcome": outcome, "ms": took}
    update: AgentState = {
        "plan": rest,
        "results": [result],
        "calls": [called],
        "said": speech.begun,
        "degraded": [str(part) for part in data.get("degraded") or []],
    }
    return update, _following(state, outcome, rest, result)


async def _called(
    tool: Tool | None, planned: PlannedCall, turn: Turn, speech: "Speech"
) -> dict[str, Any]:
    """Call a tool; what goes wrong in it is a result like others."""
    if tool is None:
        return {"error": f"there is no tool {planned['tool']!r}"}
    try:
        if isinstance(tool, TellingTool):
            found = await tool.tell(turn.principal, speech, **planned["arguments"])
        else:
            found = await tool(turn.principal, **planned["arguments"])
    except MissingPrincipalError:
        raise
    except (GraphError, ProviderError, DatabaseError, ValueError) as error:
        return {"error": str(error)}
    return dict(found)


def outcome_of(data: Mapping[str, Any]) -> Outcome:
    """Tell what came of a call."""
    if data.get("refusal"):
        return "refused"
    if data.get("error"):
        return "failed"
    if data.get("clarify"):
        return "clarify"
    return "abstained" if data.get("abstained") or not data.get("answer") else "answered"


def _following(
    state: AgentState, outcome: Outcome, rest: list[PlannedCall], result: ToolResult
) -> str:
    if outcome == "refused":
        return "answer"  # what a rule forbids is not asked elsewhere
    by_model = state.get("chosen_by") == "model"
    if rest and (by_model or outcome != "answered"):
        return "call_tool"
    results = [*state.get("results", []), result]
    if by_model and outcome != "clarify":
        return "route"
    return settle({**state, "results": results}, ask_back=state.get("ask_back", False))


class Speech:
    """Lets an answer leave piece by piece, once it is known to be one.

    The first sentence waits for the citation that proves it: an abstention has none, and
    another tool may still have the answer.
    """

    def __init__(self, emit: Emit, *, begun: bool) -> None:
        self._emit = emit
        self._held: list[dict[str, object]] = []
        self._sure = False
        self.begun = begun
        self._first = True

    def __call__(self, event: dict[str, object]) -> None:
        """Take an event of a tool."""
        if event["type"] != "token":
            if event["type"] == "citation":
                self._sure = True
                self._let_go()
            self._emit(event)
            return
        self._held.append(event)
        if self._sure:
            self._let_go()

    def finish(self, answer: str | None) -> None:
        """Tell what is left of an answer; None drops what was held back."""
        if answer is None:
            self._held.clear()
            return
        if self._first and not self._held:
            self._held.append({"type": "token", "text": answer})
        self._let_go()

    def _let_go(self) -> None:
        for event in self._held:
            if self._first and self.begun:
                self._emit({"type": "token", "text": "\n\n"})
            self._first, self.begun = False, True
            self._emit(event)
        self._held.clear()
