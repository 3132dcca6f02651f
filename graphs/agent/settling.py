"""Last steps: the question is asked back, or what was found is put together."""

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.types import interrupt

from graphs.agent.settings import AgentSettings
from graphs.agent.state import AgentState, Clarify, Option, PlannedCall, ToolResult
from graphs.agent.steps import Turn
from graphs.agent.tools import Toolbox
from graphs.query.guard import clean
from providers.chat_model.abstention import abstention


def settle(state: AgentState, *, ask_back: bool) -> str:
    """Return the node that ends a turn: `answer`, or `clarify` where asking back may help."""
    results = state.get("results", [])
    if any(one["outcome"] == "answered" for one in results) or not ask_back:
        return "answer"
    last = _last(results, "clarify")
    return "clarify" if last is not None and _options(last) else "answer"


async def clarify(
    state: AgentState, turn: Turn, *, toolbox: Toolbox, settings: AgentSettings
) -> tuple[AgentState, str]:
    """Ask back instead of guessing; an interactive run waits here for the choice."""
    asked = state.get("clarify") or _asked(state)
    rounds = state.get("rounds", 0)
    if not turn.context.interactive or rounds >= settings.clarifications:
        text = _as_text(asked)
        turn.emit({"type": "clarify", **asked})
        turn.emit({"type": "token", "text": text})
        told: AgentState = {"clarify": asked, "answer": text, "abstained": True, "tools": []}
        return {**told, "degraded": _failures(state)}, "record"
    chosen = str(interrupt(asked)).strip()
    update: AgentState = {
        "rounds": rounds + 1,
        "clarify": None,
        "chosen_by": "rules",
        "asked": state.get("asked", state["question"]),
    }
    option = _option(chosen, asked)
    if option is None or toolbox.database is None:
        return {**update, "question": clean(chosen) or state["question"]}, "route"
    again: PlannedCall = {
        "tool": toolbox.database.definition.name,
        "arguments": {"question": option["question"], "datasource": option["datasource"]},
    }
    return {**update, "question": option["question"], "plan": [again], "ask_back": True}, (
        "call_tool"
    )


def _asked(state: AgentState) -> Clarify:
    last = _last(state.get("results", []), "clarify")
    if last is None:
        return {"question": "What is meant?", "options": []}
    said = last["data"]["clarify"]
    question = said["question"] if isinstance(said, Mapping) else last["data"].get("answer", "")
    first = str(question).split("\n", 1)[0]
    return {"question": first or "Which of these is meant?", "options": _options(last)}


def _options(result: ToolResult) -> list[Option]:
    """Return the ways to go on that a tool offers."""
    said: Any = result["data"].get("clarify")
    offered: Sequence[Any] = said.get("options", []) if isinstance(said, Mapping) else said or []
    datasource = result["arguments"].get("datasource")
    return [
        {
            "label": one["label"] if isinstance(one, Mapping) else str(one),
            "question": one["question"] if isinstance(one, Mapping) else str(one),
            "datasource": datasource,
        }
        for one in offered
    ]


def _option(chosen: str, asked: Clarify) -> Option | None:
    options = asked["options"]
    if chosen.isdigit() and 1 <= int(chosen) <= len(options):
        return options[int(chosen) - 1]
    return next((one for one in options if one["question"] == chosen), None)


def _as_text(asked: Clarify) -> str:
    lines = [f"{at}. {one['label']}" for at, one in enumerate(asked["options"], 1)]
    return "\n".join([asked["question"], *lines])


def _last(results: Sequence[ToolResult], outcome: str) -> ToolResult | None:
    return next((one for one in reversed(results) if one["outcome"] == outcome), None)


async def answer(state: AgentState, turn: Turn) -> tuple[AgentState, str]:
    """Put together what the tools answered, or say why there is nothing.

    Their answers are shown as they came: a model has no part in the wording.
    """
    results = state.get("results", [])
    answered = [one for one in results if one["outcome"] == "answered"]
    update: AgentState = {
        "tools": [one["tool"] for one in answered],
        "found": {one["tool"]: one["data"] for one in answered},
        "abstained": not answered,
        "clarify": None,
        "error": None,
        "refusal": None,
    }
    if answered:
        update["answer"] = "\n\n".join(str(one["data"]["answer"]) for one in answered)
        return {**update, "degraded": _failures(state)}, "record"
    text, why = _nothing(state)
    turn.emit({"type": "token", "text": text})
    shown = why.get("error")
    others = _failures(state, but=None if shown is None else shown["message"])
    return {**update, **why, "answer": text, "degraded": others}, "record"


def _failures(state: AgentState, *, but: str | None = None) -> list[str]:
    """Say which tools failed; the failure that is the answer itself is not said twice."""
    failed = [one for one in state.get("results", []) if one["outcome"] == "failed"]
    said = [(one["tool"], _message(one["data"]["error"])) for one in failed]
    return [f"{tool}: {message}" for tool, message in said if message != but]


def _message(error: Any) -> str:
    return str(error["message"]) if isinstance(error, Mapping) else str(error)


def _nothing(state: AgentState) -> tuple[str, AgentState]:
    """Return what is said in place of an answer, and why."""
    results = state.get("results", [])
    refused, failed = _last(results, "refused"), _last(results, "failed")
    if refused is not None:
        refusal = dict(refused["data"]["refusal"])
        return str(refusal["message"]), {"refusal": refusal}
    if failed is not None:
        said: Any = failed["data"]["error"]
        code = str(said["code"]) if isinstance(said, Mapping) else "tool_failed"
        message = _message(said)
        return message, {"error": {"code": code, "message": message}}
    return abstention(state.get("language", "en")), {}
