"""Every hosted or local chat model that LiteLLM speaks to; one instance is one deployment."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any, ClassVar

import httpx

from providers.chat_model.litellm_config import LiteLlmConfig
from providers.chat_model.litellm_errors import translate
from providers.chat_model.litellm_parameters import (
    is_reasoning,
    marks_cache,
    model_parameters,
    wire_messages,
)
from providers.chat_model.litellm_reading import Reading, read_pieces
from providers.chat_model.litellm_responses import open_client, open_stream
from providers.hosted.litellm_sdk import load_litellm
from providers.types import (
    ChatDelta,
    ChatRequest,
    Health,
    Status,
    TokenPrices,
    Usage,
)

PLUGIN = "litellm"
_CHECK_S = 3.0
_PER_MILLION = 1_000_000
_FREE = frozenset({"ollama", "ollama_chat"})
"""Providers that run on machines of one's own."""
_CHARS_PER_TOKEN = 4
"""A rule of thumb of OpenAI's for English, where a provider does not count."""


class LiteLlmChatModel:
    """Streams from one model; retries and fallbacks are the gateway's."""

    config_type: ClassVar = LiteLlmConfig

    def __init__(self, config: LiteLlmConfig) -> None:
        self._config = config
        self._prices: list[TokenPrices | None] = []
        self._client: Any = None

    @property
    def model(self) -> str:
        """Name of the model, provider first."""
        return self._config.model

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatDelta, None]:
        """Yield the reply's pieces; the last delta carries usage and tool calls.

        Raises:
            ProviderAccessError: key, address or name of the model are wrong.
            TransientProviderError: rate limit, time-out, broken connection, failing server.
            ProviderError: the request was refused, or the reply is empty or unreadable.
        """
        litellm = await load_litellm()
        reading, written = Reading(), 0
        try:
            stream = await self._open(litellm, request)
            chat = self._config.api == "chat"
            async with (
                _closing(stream),
                aclosing(read_pieces(stream, reading, chat=chat)) as pieces,
            ):
                async for text in pieces:
                    written += len(text)
                    yield ChatDelta(text=text)
        except Exception as error:
            raise translate(error, self.model) from error
        usage = await self._usage(request, reading, written)
        yield ChatDelta(usage=usage, tool_calls=reading.tool_calls)

    async def warm_up(self) -> None:
        """Import LiteLLM, which takes seconds, in a thread."""
        await load_litellm()

    async def prices(self) -> TokenPrices | None:
        """Return the configured prices, else those that LiteLLM knows, else None."""
        if self._config.prices is not None:
            return self._config.prices
        if not self._prices:
            self._prices.append(_known_prices(await load_litellm(), self.model))
        return self._prices[0]

    async def check(self) -> Health:
        """Ask an own server for its models; a hosted provider is not asked."""
        if self._config.api_base is None:
            return self._health(Status.READY, "hosted; not asked before the first question")
        try:
            async with httpx.AsyncClient(timeout=_CHECK_S) as client:
                url = f"{self._config.api_base.rstrip('/')}/models"
                response = await client.get(url, headers=self._headers())
        except httpx.HTTPError as error:
            detail = f"{self._config.api_base} does not answer: {type(error).__name__}"
            return self._health(Status.UNAVAILABLE, detail)
        if response.status_code in {401, 403}:
            return self._health(Status.UNAVAILABLE, "the server refused the key; set api_key")
        return self._health(Status.READY, "")

    async def aclose(self) -> None:
        """Close the connections of the Responses API; LiteLLM keeps those of all models."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def _open(self, litellm: Any, request: ChatRequest) -> Any:
        config = self._config
        messages = wire_messages(
            request, mark_cache=marks_cache(config.model, config.prompt_caching)
        )
        chosen = model_parameters(
            request,
            reasoning=is_reasoning(config.model, config.reasoning),
            api=config.api,
            effort=config.reasoning_effort,
        )
        if config.api == "responses":
            self._client = self._client or open_client(config)
            return await open_stream(self._client, config.model, messages, chosen)
        # LiteLLM itself reads this, and passes it on to the providers that know it.
        chosen["stream_options"] = {"include_usage": True}
        return await litellm.acompletion(messages=messages, **self._connection(), **chosen)

    def _connection(self) -> dict[str, Any]:
        config = self._config
        found: dict[str, Any] = {
            "model": config.model,
            "stream": True,
            "timeout": config.timeout_s,
            "api_base": config.api_base,
            "api_version": config.api_version,
            "api_key": config.api_key.get_secret_value() if config.api_key else None,
            "max_retries": 0,
            "num_retries": 0,
            # It would import a package for tool servers, which we do not use.
            "_skip_mcp_handler": True,
        }
        if config.headers:
            headers = {name: value.get_secret_value() for name, value in config.headers.items()}
            found["extra_headers"] = headers
        return {name: value for name, value in found.items() if value is not None}

    def _headers(self) -> dict[str, str]:
        key = self._config.api_key
        bearer = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        return bearer | {n: value.get_secret_value() for n, value in self._config.headers.items()}

    async def _usage(self, request: ChatRequest, reading: Reading, written: int) -> Usage:
        counted = reading.counted
        prices = await self.prices()
        sent = sum(len(message.content) for message in request.messages)
        read = counted.read if counted else sent // _CHARS_PER_TOKEN
        wrote = counted.written if counted else written // _CHARS_PER_TOKEN
        cached = counted.cached if counted else 0
        cost = prices.cost(read=read, written=wrote, cached=cached) if prices else 0.0
        return Usage(
            input_tokens=read,
            output_tokens=wrote,
            cached_tokens=cached,
            cost_usd=cost,
            priced=prices is not None,
        )

    def _health(self, status: Status, detail: str) -> Health:
        known = self._config.prices or (self._prices and self._prices[0])
        asked = self._config.prices is not None or bool(self._prices)
        unknown = "its price is not known: set prices, or its cost counts as 0"
        said = [part for part in (detail, unknown if asked and not known else "") if part]
        return Health(status=status, plugin=PLUGIN, detail="; ".join(said), model=self.model)


def _known_prices(litellm: Any, model: str) -> TokenPrices | None:
    """Look a model up in LiteLLM's list; its own function would ask some servers over HTTP."""
    provider, _, bare = model.partition("/")
    if provider in _FREE:
        return TokenPrices()
    found = litellm.model_cost.get(model)
    if found is None and litellm.model_cost.get(bare, {}).get("litellm_provider") == provider:
        found = litellm.model_cost[bare]
    if found is None:
        return None
    read, wrote = found.get("input_cost_per_token"), found.get("output_cost_per_token")
    if read is None or wrote is None:
        return None
    again = found.get("cache_read_input_token_cost")
    return TokenPrices(
        input=read * _PER_MILLION,
        output=wrote * _PER_MILLION,
        cached_input=None if again is None else again * _PER_MILLION,
    )


@asynccontextmanager
async def _closing(stream: Any) -> AsyncIterator[None]:
    """Close a stream at its end and at an early end; the two libraries name it differently."""
    try:
        yield
    finally:
        await (stream.aclose() if hasattr(stream, "aclose") else stream.close())
