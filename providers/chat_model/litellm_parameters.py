"""What a call says to a model, which differs by model and by interface.

Sources: the API references of OpenAI (chat completions: reasoning models take
`max_completion_tokens` and refuse a temperature; responses: `max_output_tokens`) and of
Anthropic (`cache_control` marks the end of the part of a prompt to keep).
"""

import re
from typing import Any, Literal

from providers.types import ChatMessage, ChatRequest, ChatRole, ToolDefinition

Api = Literal["chat", "responses"]

_REASONING = re.compile(r"^(?:o[1-9](?:-.*)?|gpt-[5-9](?:\.\d+)?(?:-(?!chat).*)?)$")
_MARKS_CACHE = re.compile(r"^(?:anthropic/|claude|bedrock/|vertex_ai/claude)|/anthropic[./]")
_SCHEMA_NAME = "reply"


def is_reasoning(model: str, stated: bool | None = None) -> bool:
    """Tell whether a model thinks before it writes: as stated, else by its name."""
    if stated is not None:
        return stated
    return _REASONING.match(model.rsplit("/", 1)[-1].lower()) is not None


def marks_cache(model: str, stated: bool | None = None) -> bool:
    """Tell whether the provider keeps only what is marked; the others keep what repeats."""
    return stated if stated is not None else _MARKS_CACHE.search(model.lower()) is not None


def model_parameters(
    request: ChatRequest, *, reasoning: bool, api: Api, effort: str | None = None
) -> dict[str, Any]:
    """Return the parameters of a call that depend on the model and the interface.

    Args:
        request: What is asked.
        reasoning: The model thinks first: what it thinks counts as output, and it takes no
            temperature.
        api: The interface.
        effort: How much a reasoning model shall think; the provider's default if None.
    """
    limit = {"chat": "max_completion_tokens" if reasoning else "max_tokens"}
    found: dict[str, Any] = {limit.get(api, "max_output_tokens"): request.max_output_tokens}
    if request.temperature is not None and not reasoning:
        found["temperature"] = request.temperature
    if effort is not None and reasoning:
        found |= (
            {"reasoning_effort": effort} if api == "chat" else {"reasoning": {"effort": effort}}
        )
    if request.output_schema is not None:
        found |= _schema(dict(request.output_schema), api)
    if request.tools:
        found["tools"] = [_tool(tool, api) for tool in request.tools]
    return found


def wire_messages(request: ChatRequest, *, mark_cache: bool = False) -> list[dict[str, Any]]:
    """Return the messages, system messages first: what repeats must stand at the start.

    With `mark_cache` the last system message carries the mark up to which the provider
    shall keep the prompt.
    """
    system = [m for m in request.messages if m.role is ChatRole.SYSTEM]
    others = [m for m in request.messages if m.role is not ChatRole.SYSTEM]
    messages = [_plain(message) for message in (*system, *others)]
    if mark_cache and system:
        last = messages[len(system) - 1]
        part = {"type": "text", "text": last["content"], "cache_control": {"type": "ephemeral"}}
        last["content"] = [part]
    return messages


def _plain(message: ChatMessage) -> dict[str, Any]:
    return {"role": message.role.value, "content": message.content}


def _schema(schema: dict[str, Any], api: Api) -> dict[str, Any]:
    named = {"name": _SCHEMA_NAME, "schema": schema, "strict": True}
    if api == "responses":
        return {"text": {"format": {"type": "json_schema", **named}}}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _tool(tool: ToolDefinition, api: Api) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }
    if api == "responses":
        return {"type": "function", **function}
    return {"type": "function", "function": function}
