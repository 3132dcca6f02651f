"""One call of one model: watched while it lasts, booked when it ends, however it ends."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final, cast

from data.values import NewLlmCall
from graphs.gateway.accounts import Accounts, Reservation
from graphs.gateway.deployments import Deployment
from graphs.gateway.estimating import CHARS_PER_TOKEN_AT_MOST, usual_usage
from graphs.gateway.replies import InvalidReplyError, check_reply
from graphs.models import Call
from providers.errors import ProviderError, ProviderTimeoutError
from providers.telemetry import Span, SpanKind, Within, start
from providers.types import ChatDelta, ChatRequest, TokenPrices, ToolCall, Usage

_TOLD: Final = (
    "function",
    "deployment",
    "model",
    "outcome",
    "prompt_name",
    "prompt_version",
    "prompt_hash",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cost_usd",
    "first_token_ms",
)
"""What a span says as the ledger's row does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long a call may take: until `deadline` (of `time.monotonic`), `idle_s` a piece."""

    deadline: float
    idle_s: float
    timeout_s: float


class Attempt:
    """A call while it runs; what it has brought so far can be read at any time.

    A provider that fell silent may charge for what it has read, so that is booked; one that
    refused charges nothing.
    """

    def __init__(
        self,
        call: Call,
        deployment: Deployment,
        request: ChatRequest,
        *,
        accounts: Accounts,
        reservation: Reservation,
        prices: TokenPrices | None,
        limits: Limits,
    ) -> None:
        self.deployment = deployment
        self.limits = limits
        self.tool_calls: tuple[ToolCall, ...] = ()
        self.notes: list[str] = []
        self._call = call
        self._request = request
        self._accounts = accounts
        self._reservation = reservation
        self._prices = prices
        self._started = perf_counter()
        self._span: Span = start(f"model.{call.role.value}", SpanKind.GENERATION)
        self._first_ms: float | None = None
        self._pieces: list[str] = []
        self._chars = 0
        self._usage: Usage | None = None
        self._late = False

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._pieces)

    @property
    def request(self) -> ChatRequest:
        """What is asked."""
        return self._request

    @property
    def began(self) -> bool:
        """Whether a piece of text has come."""
        return self._first_ms is not None

    @property
    def usage(self) -> Usage:
        """What the call has used and cost so far, estimated until the provider has counted."""
        if self._usage is not None:
            return replace(self._usage, cost_usd=self.deployment.charged(self._usage))
        return usual_usage(self._request, self.text, self._prices)

    async def stream(self) -> AsyncGenerator[ChatDelta, None]:
        """Yield the pieces, one that says that they have ended, and a last one with the usage.

        The call is written down in between: whoever shows the text need not wait for that.

        Raises:
            ProviderError: the call failed, took too long, or the reply is not what was asked.
        """
        outcome, error, whole = "failed", None, False
        try:
            async with aclosing(self._watched()) as deltas:
                async for delta in deltas:
                    yield delta
            outcome = "cut" if self.notes else "succeeded"
            check_reply(self._request, self.text, self.tool_calls)
            whole = True
            yield ChatDelta(ended=True, model=self.deployment.model.model)
        except InvalidReplyError as invalid:
            outcome, error = "invalid", str(invalid)
            raise
        except ProviderError as failed:
            error = str(failed)
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if not whole:
                outcome = "cancelled"
            raise
        finally:
            await self._book(outcome, error)
        self.deployment.succeeded(self._call.role, self._took_ms())
        model = self.deployment.model.model
        yield ChatDelta(usage=self.usage, tool_calls=self.tool_calls, model=model)

    async def _watched(self) -> AsyncGenerator[ChatDelta, None]:
        """Pass pieces of text on; give up on silence, lateness and a reply without end."""
        most = self._request.max_output_tokens * CHARS_PER_TOKEN_AT_MOST
        model = self.deployment.model.model
        stream = cast(AsyncGenerator[ChatDelta, None], self.deployment.model.stream(self._request))
        async with aclosing(stream) as deltas:
            while (delta := await self._next(deltas)) is not None:
                self._usage = delta.usage or self._usage
                self.tool_calls = delta.tool_calls or self.tool_calls
                if not delta.text:
                    continue
                if self._first_ms is None:
                    self._first_ms = self._took_ms()
                self._pieces.append(delta.text)
                self._chars += len(delta.text)
                yield ChatDelta(text=delta.text, model=model)
                if self._chars > most:
                    limit = self._request.max_output_tokens
                    self.notes.append(f"the reply was cut: it did not end after {limit} tokens")
                    return

    async def _next(self, deltas: AsyncGenerator[ChatDelta, None]) -> ChatDelta | None:
        left = self.limits.deadline - time.monotonic()
        patience = min(self.limits.idle_s, max(0.0, left))
        try:
            async with asyncio.timeout(patience):
                with Within(self._span):
                    return await anext(deltas)
        except StopAsyncIteration:
            return None
        except TimeoutError as error:
            self._late = True
            if left <= self.limits.idle_s:
                message = f"no whole reply within {self.limits.timeout_s:g} s"
            else:
                message = f"no word within {self.limits.idle_s:g} s"
            raise ProviderTimeoutError(message) from error

    async def _book(self, outcome: str, error: str | None) -> None:
        """Write the call down, even when whoever waits for it is being stopped."""
        row = self._row(outcome, error)
        self._trace(row)
        trouble = await self._accounts.book(
            self._call.principal, self._call.role, self._reservation, row
        )
        if trouble is not None:
            self.notes.append(trouble)

    def _trace(self, row: NewLlmCall) -> None:
        """Say on the call's span what the ledger says, and what was asked and replied."""
        if not self._span.recording:
            return
        self._span.set(
            input=self._request.messages,
            output=self.text,
            input_size=sum(len(message.content) for message in self._request.messages),
            retrieved_chunk_ids=row.detail.get("retrieved"),
            **{name: getattr(row, name) for name in _TOLD},
        )
        self._span.end(row.error)

    def _row(self, outcome: str, error: str | None) -> NewLlmCall:
        call, usage = self._call, self.usage
        if outcome == "failed" and not self.began and not self._late:
            usage = Usage()  # refused before it began: no provider charges for that
        detail = dict(call.detail) if usage.priced else {**call.detail, "price": "unknown"}
        return NewLlmCall(
            function=call.role.value,
            deployment=self.deployment.name,
            model=self.deployment.model.model,
            outcome=outcome,
            prompt_name=call.prompt.name if call.prompt else None,
            prompt_version=call.prompt.version if call.prompt else None,
            prompt_hash=call.prompt.sha256 if call.prompt else None,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
            cached_tokens=usage.cached_tokens,
            cost_usd=usage.cost_usd,
            latency_ms=self._took_ms(),
            first_token_ms=self._first_ms,
            trace_id=call.trace_id,
            error=error,
            detail=detail,
        )

    def _took_ms(self) -> float:
        return (perf_counter() - self._started) * 1000
