"""Reads the pieces of LiteLLM's two streaming interfaces."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any

from providers.errors import ProviderError, TransientProviderError
from providers.types import ToolCall


@dataclass(kw_only=True)
class Counted:
    """What the provider counted, in tokens; None while it has said nothing."""

    read: int
    written: int
    cached: int = 0


@dataclass
class Reading:
    """A reply while it arrives; `text` pieces are handed on, the rest is kept here."""

    counted: Counted | None = None
    finished: bool = False
    tools: dict[int, dict[str, str]] = field(default_factory=dict)
    whole_tools: list[ToolCall] = field(default_factory=list)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The functions that the model asks for, put together."""
        parts = (self.tools[index] for index in sorted(self.tools))
        return (*self.whole_tools, *(ToolCall(**part) for part in parts))

    def chunk(self, chunk: Any) -> str:
        """Take a chunk of a chat completion and return its text."""
        if (usage := getattr(chunk, "usage", None)) is not None:
            details = getattr(usage, "prompt_tokens_details", None)
            cached = getattr(details, "cached_tokens", None) or 0
            self.counted = Counted(
                read=usage.prompt_tokens or 0, written=usage.completion_tokens or 0, cached=cached
            )
        if not chunk.choices:
            return ""
        choice = chunk.choices[0]
        self.finished = self.finished or choice.finish_reason is not None
        for part in choice.delta.tool_calls or ():
            self._tool_part(part)
        return choice.delta.content or ""

    def event(self, event: Any) -> str:
        """Take an event of the Responses API and return its text.

        Raises:
            ProviderError: the provider says that it failed.
        """
        kind = str(getattr(event.type, "value", event.type))
        if kind == "response.output_text.delta":
            return str(event.delta)
        if kind in {"response.completed", "response.incomplete"}:
            self._completed(event.response)
        if kind in {"response.failed", "error"}:
            raise ProviderError(f"the provider says that the reply failed: {event}"[:300])
        return ""

    def _completed(self, response: Any) -> None:
        self.finished = True
        if (usage := response.usage) is not None:
            details = getattr(usage, "input_tokens_details", None)
            cached = getattr(details, "cached_tokens", None) or 0
            self.counted = Counted(
                read=usage.input_tokens, written=usage.output_tokens, cached=cached
            )
        for item in response.output:
            read = item if isinstance(item, dict) else item.model_dump()
            if read.get("type") == "function_call":
                call = ToolCall(id=read["call_id"], name=read["name"], arguments=read["arguments"])
                self.whole_tools.append(call)

    def _tool_part(self, part: Any) -> None:
        kept = self.tools.setdefault(part.index, {"id": "", "name": "", "arguments": ""})
        kept["id"] = part.id or kept["id"]
        kept["name"] = part.function.name or kept["name"]
        kept["arguments"] += part.function.arguments or ""


async def read_pieces(stream: Any, reading: Reading, *, chat: bool) -> AsyncGenerator[str, None]:
    """Yield the pieces of text of a stream.

    Raises:
        TransientProviderError: the stream ended before the reply did.
        ProviderError: the reply holds nothing.
    """
    empty = True
    async for part in stream:
        text = reading.chunk(part) if chat else reading.event(part)
        empty = empty and not text.strip()
        if text:
            yield text
    if chat:
        reading.finished = getattr(stream, "received_finish_reason", reading.finished) is not None
    if not reading.finished:
        raise TransientProviderError("the connection ended before the reply did")
    if empty and not reading.tool_calls:
        raise ProviderError("the reply is empty")
