"""The shapes of an OpenAI-compatible server, as the loopback server sends them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.chat_model.scripted_names import Behaviour, ServedFault
from providers.chat_model.scripted_replies import (
    INVALID_JSON,
    instance_json,
    pieces_of,
    reply_to,
    tokens_of,
)


@dataclass(kw_only=True)
class Asked:
    """A request, read; `fault` is how this call of it fails."""

    path: str
    body: Mapping[str, Any]
    behaviour: Behaviour = field(default_factory=Behaviour)
    fault: ServedFault | None = None

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body.get("model", ""))

    @property
    def text(self) -> str:
        """Everything that was said, as one text."""
        said = self.body.get("messages") or self.body.get("input") or []
        if isinstance(said, str):
            return said
        return "\n\n".join(content_text(message.get("content")) for message in said)

    @property
    def reply(self) -> str:
        """The text of the reply, JSON when a schema is given."""
        if self.fault is ServedFault.EMPTY:
            return ""
        if (schema := self._schema()) is not None:
            return INVALID_JSON if self.fault is ServedFault.INVALID_JSON else instance_json(schema)
        return INVALID_JSON if self.fault is ServedFault.INVALID_JSON else reply_to(self.text)

    @property
    def tool(self) -> tuple[str, str] | None:
        """The function to ask for and its arguments: the first that is offered."""
        tools = self.body.get("tools") or []
        if self.fault is ServedFault.WRONG_TOOL:
            return "no_such_tool", "{}"
        if not tools:
            return None
        function = tools[0].get("function", tools[0])
        return function["name"], instance_json(function.get("parameters") or {})

    def _schema(self) -> Mapping[str, Any] | None:
        chat = (self.body.get("response_format") or {}).get("json_schema") or {}
        responses = (self.body.get("text") or {}).get("format") or {}
        found: Mapping[str, Any] | None = chat.get("schema") or responses.get("schema")
        return found


def chat_events(asked: Asked) -> tuple[list[str], list[str]]:
    """Return the events of a chat completion: those with text, and those that end it."""
    tool = asked.tool
    text = "" if tool else asked.reply
    pieces = [_chunk(asked, {"content": piece}) for piece in pieces_of(text)]
    ending = []
    if tool:
        # In two halves, as hosted models send arguments.
        name, arguments = tool
        half = len(arguments) // 2
        first = {"name": name, "arguments": arguments[:half]}
        call = {"index": 0, "id": "call_1", "type": "function", "function": first}
        rest = {"index": 0, "function": {"arguments": arguments[half:]}}
        ending = [_chunk(asked, {"tool_calls": [part]}) for part in (call, rest)]
    ending.append(_chunk(asked, {}, finish="tool_calls" if tool else "stop"))
    if (asked.body.get("stream_options") or {}).get("include_usage"):
        ending.append(_event({**_base(asked), "choices": [], "usage": _usage(asked)}))
    return pieces, [*ending, "data: [DONE]\n\n"]


def responses_events(asked: Asked) -> tuple[list[str], list[str]]:
    """Return the events of the Responses API: those with text, and the one that ends it."""
    tool = asked.tool
    text = "" if tool else asked.reply
    item = {"output_index": 0, "content_index": 0, "item_id": "item_1"}
    pieces = [
        _named("response.output_text.delta", {**item, "delta": piece, "sequence_number": n})
        for n, piece in enumerate(pieces_of(text))
    ]
    return pieces, [_named("response.completed", {"response": _response(asked, text, tool)})]


def _response(asked: Asked, text: str, tool: tuple[str, str] | None) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    output: dict[str, Any] = {
        "type": "message",
        "id": "item_1",
        "role": "assistant",
        "status": "completed",
        "content": content,
    }
    if tool:
        output = {
            "type": "function_call",
            "id": "item_1",
            "call_id": "call_1",
            "name": tool[0],
            "arguments": tool[1],
            "status": "completed",
        }
    usage = _usage(asked)
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "model": asked.model,
        "status": "completed",
        "output": [output],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": usage["prompt_tokens"],
            "output_tokens": usage["completion_tokens"],
            "total_tokens": usage["total_tokens"],
            "input_tokens_details": usage["prompt_tokens_details"],
            "output_tokens_details": {"reasoning_tokens": 0},
        },
    }


def whole(asked: Asked) -> dict[str, Any]:
    """Return a chat completion that is not streamed."""
    message: dict[str, Any] = {"role": "assistant", "content": asked.reply}
    if tool := asked.tool:
        function = {"name": tool[0], "arguments": tool[1]}
        call = {"id": "call_1", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    finish = "tool_calls" if asked.tool else "stop"
    choice = {"index": 0, "message": message, "finish_reason": finish}
    head = {**_base(asked), "object": "chat.completion"}
    return {**head, "choices": [choice], "usage": _usage(asked)}


def _usage(asked: Asked) -> dict[str, Any]:
    """Count words; half of what is read counts as cached."""
    read, written = tokens_of(asked.text), tokens_of(asked.reply)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
        "prompt_tokens_details": {"cached_tokens": read // 2},
    }


def _base(asked: Asked) -> dict[str, Any]:
    head = {"id": "scripted-1", "object": "chat.completion.chunk", "created": 0}
    return {**head, "model": asked.model}


def _chunk(asked: Asked, delta: Mapping[str, Any], finish: str | None = None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({**_base(asked), "choices": [choice]})


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _named(type_: str, data: Mapping[str, Any]) -> str:
    return f"event: {type_}\n{_event({'type': type_, **data})}"


def listing(names: list[str]) -> dict[str, Any]:
    """Return the list of models."""
    models = [{"id": name, "object": "model", "owned_by": "scripted"} for name in names]
    return {"object": "list", "data": models}


def error_body(message: str) -> dict[str, Any]:
    """Return the body of a refusal."""
    return {"error": {"message": message, "type": "scripted", "param": None, "code": None}}


def content_text(content: Any) -> str:
    """Return the text of a message, which may come in parts."""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content or [])
