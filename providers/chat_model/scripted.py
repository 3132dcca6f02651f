"""Plays back configured replies, at a configured pace and with configured faults.

For tests, demonstrations and load: it needs no model and always answers the same. A word
in the question may choose a reply or a fault.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from enum import StrEnum
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from providers.errors import ProviderError, TransientProviderError
from providers.types import ChatDelta, ChatRequest, Health, Status, Usage

T = TypeVar("T")

_PIECE = re.compile(r"\s*\S+")


class Fault(StrEnum):
    """How a call fails."""

    RATE_LIMIT = "rate_limit"
    TIMEOUT = "timeout"
    MALFORMED = "malformed"
    REFUSED = "refused"
    CUT = "cut"


class ScriptedConfig(BaseModel):
    """Options of the `scripted` chat model; times in milliseconds.

    `replies` maps a word of the question (lower case) to a reply, `reply` is for the others;
    `{passage}` in a reply stands for the first passage's first sentence. `faults` maps a
    word of the question to a fault; `always` is a fault of every call. A `cut` fails after
    `cut_after` words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reply: str = "{passage} [1]"
    replies: Mapping[str, str] = Field(default_factory=dict)
    faults: Mapping[str, Fault] = Field(default_factory=dict)
    always: Fault | None = None
    cut_after: int = Field(default=5, ge=0)
    first_token_ms: float = Field(default=0.0, ge=0)
    inter_token_ms: float = Field(default=0.0, ge=0)
    timeout_ms: float = Field(default=0.0, ge=0)
    cost_per_1k_tokens_usd: float = Field(default=0.0, ge=0)


class ScriptedChatModel:
    """A chat model that says what it was told to."""

    config_type: ClassVar = ScriptedConfig

    def __init__(self, config: ScriptedConfig) -> None:
        self._config = config
        self.calls = 0
        self.open_streams = 0

    @property
    def model(self) -> str:
        """Name of the model."""
        return "scripted"

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Yield the reply word by word; the last delta carries the usage in words.

        Raises:
            TransientProviderError: a scripted rate limit, time-out or cut connection.
            ProviderError: a scripted refusal or malformed reply.
        """
        self.calls += 1
        self.open_streams += 1
        try:
            fault = self._fault(request.question)
            await self._fail_early(fault)
            await asyncio.sleep(self._config.first_token_ms / 1000)
            pieces = _PIECE.findall(self._reply(request))
            for index, piece in enumerate(pieces):
                if fault is Fault.CUT and index == self._config.cut_after:
                    raise TransientProviderError("the connection was lost (scripted)")
                if index:
                    await asyncio.sleep(self._config.inter_token_ms / 1000)
                yield ChatDelta(text=piece)
            yield ChatDelta(usage=self._usage(request, len(pieces)))
        finally:
            self.open_streams -= 1

    async def check(self) -> Health:
        """Ready, unless every call is to fail."""
        if self._config.always is None:
            return Health(status=Status.READY, plugin="scripted", model=self.model)
        detail = f"every call fails: {self._config.always.value} (scripted)"
        return Health(status=Status.UNAVAILABLE, plugin="scripted", detail=detail, model=self.model)

    async def aclose(self) -> None:
        """Release nothing."""

    def _fault(self, question: str) -> Fault | None:
        return self._config.always or _by_word(self._config.faults, question)

    async def _fail_early(self, fault: Fault | None) -> None:
        if fault is Fault.RATE_LIMIT:
            raise TransientProviderError("too many requests (scripted)")
        if fault is Fault.TIMEOUT:
            await asyncio.sleep(self._config.timeout_ms / 1000)
            raise TransientProviderError("no reply in time (scripted)")
        if fault is Fault.REFUSED:
            raise ProviderError("the call was refused (scripted)")
        if fault is Fault.MALFORMED:
            raise ProviderError("the reply could not be read (scripted)")

    def _reply(self, request: ChatRequest) -> str:
        chosen = _by_word(self._config.replies, request.question)
        first = request.passages[0].text if request.passages else ""
        sentence = re.split(r"(?<=[.!?])\s", first.strip(), maxsplit=1)[0]
        reply = self._config.reply if chosen is None else chosen
        return reply.replace("{passage}", sentence)

    def _usage(self, request: ChatRequest, written: int) -> Usage:
        read = sum(len(message.content.split()) for message in request.messages)
        cost = (read + written) * self._config.cost_per_1k_tokens_usd / 1000
        return Usage(input_tokens=read, output_tokens=written, cost_usd=cost)


def _by_word(table: Mapping[str, T], question: str) -> T | None:
    words = set(re.findall(r"\w+", question.lower()))
    return next((value for word, value in table.items() if word in words), None)
