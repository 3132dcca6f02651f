"""Whether a reply is what was asked for: tools that exist, JSON of the schema."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.errors import ProviderError
from providers.types import ChatMessage, ChatRequest, ChatRole, ToolCall

_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(?P<body>.*?)\n?\s*```\s*$", re.DOTALL)
_SHOWN = 300


class InvalidReplyError(ProviderError):
    """A reply that is not what was asked for; `reply` is its text."""

    def __init__(self, message: str, reply: str = "") -> None:
        super().__init__(message)
        self.reply = reply


def bare_json(text: str) -> str:
    """Return a reply without the code fence that many models put around JSON."""
    fenced = _FENCE.match(text)
    return fenced["body"].strip() if fenced else text.strip()


def check_reply(request: ChatRequest, text: str, calls: Sequence[ToolCall]) -> None:
    """Compare a reply with what the request allows.

    Raises:
        InvalidReplyError: it is empty, asks for a tool that is not there or with wrong
            arguments, or is not JSON of the schema.
    """
    if not text.strip() and not calls:
        raise InvalidReplyError("the reply is empty", text)
    schemas = {tool.name: tool.parameters for tool in request.tools}
    for call in calls:
        if call.name not in schemas:
            raise InvalidReplyError(
                f"the reply asks for a tool {call.name!r} that is not there", text
            )
        _check_json(
            call.arguments or "{}", schemas[call.name], f"the arguments of {call.name}", text
        )
    if request.output_schema is not None and not calls:
        _check_json(bare_json(text), request.output_schema, "the reply", text)


def mended(request: ChatRequest, error: InvalidReplyError) -> ChatRequest:
    """Return the request again, with the reply and what is wrong with it."""
    wrong = ChatMessage(role=ChatRole.ASSISTANT, content=error.reply or "(nothing)")
    plea = f"That is not valid: {error}. Reply again, with nothing but what was asked for."
    return replace(
        request,
        messages=(*request.messages, wrong, ChatMessage(role=ChatRole.USER, content=plea)),
    )


def _check_json(text: str, schema: Mapping[str, Any], what: str, reply: str) -> None:
    import jsonschema  # noqa: PLC0415 - a tenth of a second, and answers need none of it

    try:
        jsonschema.validate(json.loads(text), dict(schema))
    except json.JSONDecodeError as error:
        raise InvalidReplyError(f"{what} is no JSON: {error}", reply) from error
    except jsonschema.ValidationError as error:
        message = f"{what} breaks the schema at {error.json_path}: {error.message[:_SHOWN]}"
        raise InvalidReplyError(message, reply) from error
