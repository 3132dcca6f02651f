import asyncio
import time
from typing import Any

import openai
import pytest

from providers.chat_model.litellm import LiteLlmChatModel
from providers.chat_model.litellm_config import LiteLlmConfig
from providers.chat_model.scripted_server import ScriptedServer
from providers.errors import (
    ProviderAccessError,
    ProviderError,
    ProviderTimeoutError,
    TransientProviderError,
)
from providers.types import (
    ChatDelta,
    ChatMessage,
    ChatRequest,
    ChatRole,
    Status,
    TokenPrices,
    ToolDefinition,
)

pytestmark = pytest.mark.integration

PASSAGES = "Passages:\n\n[1] (Kettle)\nThe kettle holds 1.7 litres. It is steel.\n\nQuestion: how?"
REPLY = "The kettle holds 1.7 litres. [1]"
SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["yes", "no"]}},
    "required": ["label"],
}
TOOL = ToolDefinition(
    name="find",
    description="Find something.",
    parameters={"type": "object", "properties": {"text": {"type": "string"}}},
)


def chat(server: ScriptedServer, name: str = "scripted", **options: Any) -> LiteLlmChatModel:
    given = {"model": f"openai/{name}", "api_base": server.base_url, "api_key": "k", **options}
    return LiteLlmChatModel(LiteLlmConfig.model_validate(given))


def asked(**changes: Any) -> ChatRequest:
    messages = (
        ChatMessage(role=ChatRole.SYSTEM, content="Answer briefly."),
        ChatMessage(role=ChatRole.USER, content=PASSAGES),
    )
    return ChatRequest(messages=messages, **changes)


async def collect(model: LiteLlmChatModel, request: ChatRequest) -> tuple[str, ChatDelta]:
    deltas = [delta async for delta in model.stream(request)]
    return "".join(delta.text for delta in deltas), deltas[-1]


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_a_reply_comes_in_pieces_and_is_counted(server: ScriptedServer, api: str) -> None:
    prices = {"input": 2.0, "output": 10.0, "cached_input": 1.0}
    model = chat(server, api=api, prices=prices)
    deltas = [delta async for delta in model.stream(asked())]
    assert "".join(delta.text for delta in deltas) == REPLY
    assert len(deltas) > 5
    usage = deltas[-1].usage
    assert usage is not None
    assert (usage.output_tokens, usage.priced) == (6, True)
    assert 0 < usage.cached_tokens < usage.input_tokens
    fresh = usage.input_tokens - usage.cached_tokens
    assert usage.cost_usd == pytest.approx((fresh * 2 + usage.cached_tokens + 60) / 1e6)


@pytest.mark.parametrize(
    ("api", "reasoning", "limit"),
    [
        ("chat", False, "max_tokens"),
        ("chat", True, "max_completion_tokens"),
        ("responses", True, "max_output_tokens"),
    ],
)
async def test_parameters_suit_the_model(
    server: ScriptedServer, api: str, reasoning: bool, limit: str
) -> None:
    await collect(
        chat(server, api=api, reasoning=reasoning), asked(temperature=0.3, max_output_tokens=99)
    )
    body = server.bodies["scripted"]
    assert body[limit] == 99
    limits = {"max_tokens", "max_completion_tokens", "max_output_tokens"}
    assert limits & set(body) == {limit}
    assert ("temperature" in body) is not reasoning


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_a_schema_reaches_the_model(server: ScriptedServer, api: str) -> None:
    text, _ = await collect(chat(server, api=api), asked(output_schema=SCHEMA))
    assert text == '{"label": "yes"}'


@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_tool_calls_are_put_together(server: ScriptedServer, api: str) -> None:
    text, last = await collect(chat(server, api=api), asked(tools=(TOOL,)))
    assert text == ""
    (call,) = last.tool_calls
    assert (call.id, call.name, call.arguments) == ("call_1", "find", '{"text": "scripted"}')


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("401", ProviderAccessError, "api_key"),
        ("404", ProviderAccessError, "api_base"),
        ("429", TransientProviderError, "too many requests"),
        ("500", TransientProviderError, "for now"),
        ("503", TransientProviderError, "overloaded"),
        ("reset", TransientProviderError, "for now"),
        ("cut", TransientProviderError, "ended before the reply did"),
        ("malformed", ProviderError, "cannot be read"),
        ("empty", ProviderError, "empty"),
        ("timeout", ProviderTimeoutError, "in time"),
    ],
)
@pytest.mark.parametrize("api", ["chat", "responses"])
async def test_each_fault_is_said_clearly(
    server: ScriptedServer, api: str, fault: str, kind: type[ProviderError], words: str
) -> None:
    model = chat(server, f"scripted-{fault}", timeout_s=0.5, api=api)
    with pytest.raises(ProviderError, match=words) as caught:
        await collect(model, asked())
    assert type(caught.value) is kind
    assert server.calls[f"scripted-{fault}"] == 1


async def test_the_wait_that_a_provider_asks_for_is_kept(server: ScriptedServer) -> None:
    with pytest.raises(TransientProviderError) as caught:
        await collect(chat(server, "scripted-429-after-7"), asked())
    assert caught.value.retry_after_s == 7


async def test_nobody_there_is_a_passing_failure() -> None:
    model = LiteLlmChatModel(
        LiteLlmConfig.model_validate(
            {"model": "openai/x", "api_base": "http://127.0.0.1:9/v1", "api_key": "k"}
        )
    )
    with pytest.raises(TransientProviderError):
        await collect(model, asked())
    assert (await model.check()).status is Status.UNAVAILABLE


async def test_an_early_end_closes_the_connection(server: ScriptedServer) -> None:
    stream = chat(server, "scripted-endless-tps-500").stream(asked())
    async for delta in stream:
        if delta.text:
            break
    await stream.aclose()
    deadline = time.monotonic() + 5
    while server.open_connections:
        assert time.monotonic() < deadline, "the server still sends"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("openai/gpt-4o-mini", True),
        ("gpt-4o-mini", True),
        ("anthropic/claude-sonnet-4-5", True),
        ("hosted_vllm/gpt-4o-mini", False),
        ("openai/qwen2.5-7b-instruct", False),
    ],
)
async def test_a_price_is_that_of_the_provider(model: str, known: bool) -> None:
    found = await LiteLlmChatModel(LiteLlmConfig(model=model)).prices()
    assert (found is not None and found.input > 0) is known


async def test_an_own_machine_is_free() -> None:
    assert await LiteLlmChatModel(LiteLlmConfig(model="ollama/any")).prices() == TokenPrices()


async def test_prices_are_configured_known_or_unknown(server: ScriptedServer) -> None:
    known = LiteLlmChatModel(LiteLlmConfig(model="gpt-4o-mini"))
    found = await known.prices()
    assert found is not None
    assert 0 < found.input < found.output
    assert await chat(server, prices={"input": 1.0}).prices() == TokenPrices(input=1.0)
    unknown = chat(server)
    _, last = await collect(unknown, asked())
    assert last.usage is not None
    assert (last.usage.cost_usd, last.usage.priced) == (0.0, False)
    assert "price" in (await unknown.check()).detail


async def test_the_official_client_speaks_to_the_server(server: ScriptedServer) -> None:
    async with openai.AsyncOpenAI(base_url=server.base_url, api_key="k") as client:
        whole = await client.chat.completions.create(
            model="scripted", messages=[{"role": "user", "content": PASSAGES}]
        )
        assert whole.choices[0].message.content == REPLY
        assert [model.id for model in (await client.models.list()).data] == ["scripted"]
