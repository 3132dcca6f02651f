"""Lets the model for the role `agent` choose tools; what it writes itself is shown to nobody."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from graphs.agent.databases import Databases
from graphs.agent.following import chosen_names
from graphs.agent.settings import AgentSettings
from graphs.agent.state import AgentState, PlannedCall, ToolResult
from graphs.agent.steps import Turn
from graphs.agent.tools import Tool, Toolbox, bound
from graphs.errors import BudgetExceededError, GraphError
from graphs.models import Call, Models, Role
from prompts.catalogue import Catalogue
from providers.errors import ProviderError
from providers.types import ChatRequest, ToolCall

SHOWN_CHARS: Final = 4000
"""How much of each result the model is shown."""
_SHOWN: Final = (
    "answer", "abstained", "refusal", "clarify", "error", "columns", "rows", "row_count",
)  # fmt: skip


@dataclass(slots=True)
class Choice:
    """The calls that the model asks for; none when it is content, or could not be asked."""

    plan: list[PlannedCall] = field(default_factory=list)
    degraded: list[str] = field(default_factory=list)


async def choose(
    state: AgentState,
    turn: Turn,
    toolbox: Toolbox,
    databases: Databases | None,
    *,
    models: Models,
    prompts: Catalogue,
    settings: AgentSettings,
) -> Choice:
    """Ask the model for the next calls; a tool that has answered is not offered again."""
    results = state.get("results", [])
    left = settings.calls - len(results)
    names = [] if databases is None else await chosen_names(turn, databases, settings)
    tools = _offered(toolbox, results, names)
    if left <= 0:
        return Choice(degraded=[f"no more than {settings.calls} tools are called for a question"])
    if not tools:
        return Choice()
    fixed = {"collection": [turn.context.collection], "datasource": names}
    rendered = prompts.get("agent").render(
        {
            "question": state["question"],
            "datasources": await _described(turn, databases, names),
            "results": "\n".join(map(_as_data, results)),
        },
        {"with_datasources": bool(names), "with_results": bool(results)},
    )
    request = ChatRequest(
        messages=rendered.messages,
        question=state["question"],
        max_output_tokens=rendered.max_output_tokens,
        temperature=rendered.temperature,
        tools=tuple(bound(tool.definition, fixed) for tool in tools),
    )
    call = Call(
        principal=turn.principal,
        role=Role.AGENT,
        request=request,
        prompt=rendered.ref,
        trace_id=turn.trace_id,
    )
    try:
        reply = await models.complete(call)
    except (ProviderError, BudgetExceededError) as error:
        return Choice(degraded=[f"rules chose the tool: {error}"])
    single = {name: values[0] for name, values in fixed.items() if len(values) == 1}
    plan = [one for asked in reply.tool_calls if (one := _planned(asked, tools, single))]
    fresh = [one for one in plan if one not in _made(results)]
    degraded = list(reply.degraded)
    if not fresh and not results:
        degraded.append("rules chose the tool: the model chose none")
    return Choice(plan=fresh[:left], degraded=degraded)


def _offered(
    toolbox: Toolbox, results: Sequence[ToolResult], databases: Sequence[str]
) -> list[Tool]:
    answered = {one["tool"] for one in results if one["outcome"] == "answered"}
    there = [tool for tool in toolbox.all if tool is not toolbox.database or databases]
    return [tool for tool in there if tool.definition.name not in answered]


def _planned(
    asked: ToolCall, tools: Sequence[Tool], single: Mapping[str, str]
) -> PlannedCall | None:
    """Read a call; the gateway has checked its name and arguments, other models may not have."""
    tool = next((one for one in tools if one.definition.name == asked.name), None)
    if tool is None:
        return None
    try:
        said: Any = json.loads(asked.arguments or "{}")
    except ValueError:
        return None
    properties = tool.definition.parameters.get("properties", {})
    if not isinstance(said, dict) or not isinstance(said.get("question"), str):
        return None
    kept = {name: value for name, value in {**said, **single}.items() if name in properties}
    missing = [name for name in tool.definition.parameters.get("required", []) if name not in kept]
    return None if missing else {"tool": asked.name, "arguments": kept}


def _made(results: Sequence[ToolResult]) -> list[PlannedCall]:
    return [{"tool": one["tool"], "arguments": one["arguments"]} for one in results]


async def _described(turn: Turn, databases: Databases | None, names: Sequence[str]) -> str:
    """Say what is in each database, by the names of its tables."""
    lines = []
    for name in names if databases is not None else ():
        try:
            desk = await databases.open(turn.principal, name)  # type: ignore[union-attr]
        except (GraphError, ProviderError):
            continue
        lines.append(f"{name}: {', '.join(sorted(desk.catalog.tables))}")
    return "\n".join(lines)


def _as_data(result: ToolResult) -> str:
    """Write a result as one line of JSON, so that no text in it stands alone."""
    told = {key: result["data"][key] for key in _SHOWN if result["data"].get(key)}
    document = {"tool": result["tool"], "outcome": result["outcome"], **told}
    return json.dumps(document, ensure_ascii=False, default=str)[:SHOWN_CHARS]
