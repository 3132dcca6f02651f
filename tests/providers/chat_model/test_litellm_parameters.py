from typing import Any

import pytest

from providers.chat_model.litellm_errors import translate
from providers.chat_model.litellm_parameters import (
    is_reasoning,
    marks_cache,
    model_parameters,
    wire_messages,
)
from providers.errors import ProviderError
from providers.types import ChatMessage, ChatRequest, ChatRole, TokenPrices, ToolDefinition

SYSTEM = ChatMessage(role=ChatRole.SYSTEM, content="Rules.")
USER = ChatMessage(role=ChatRole.USER, content="Question?")
TOOL = ToolDefinition(name="find", description="Find.", parameters={"type": "object"})


@pytest.mark.parametrize(
    ("model", "thinks"),
    [
        ("o1", True),
        ("openai/o3-mini", True),
        ("azure/o4-mini", True),
        ("openai/gpt-5", True),
        ("gpt-5-mini", True),
        ("gpt-5.1", True),
        ("gpt-5-chat-latest", False),
        ("gpt-4o", False),
        ("openai/gpt-4.1", False),
        ("ollama/olmo2", False),
        ("openai/o3x", False),
    ],
)
def test_who_thinks_first(model: str, thinks: bool) -> None:
    assert is_reasoning(model) is thinks
    assert is_reasoning(model, not thinks) is not thinks


@pytest.mark.parametrize(
    ("model", "marks"),
    [
        ("anthropic/claude-sonnet-4-5", True),
        ("bedrock/anthropic.claude-3-5-sonnet", True),
        ("openrouter/anthropic/claude-3.5", True),
        ("openai/gpt-4o", False),
        ("ollama/llama3", False),
    ],
)
def test_who_wants_the_prefix_marked(model: str, marks: bool) -> None:
    assert marks_cache(model) is marks
    assert marks_cache(model, False) is False


@pytest.mark.parametrize(
    ("reasoning", "api", "expected"),
    [
        (False, "chat", {"max_tokens": 50, "temperature": 0.2}),
        (True, "chat", {"max_completion_tokens": 50, "reasoning_effort": "low"}),
        (False, "responses", {"max_output_tokens": 50, "temperature": 0.2}),
        (True, "responses", {"max_output_tokens": 50, "reasoning": {"effort": "low"}}),
    ],
)
def test_limits_and_temperature(reasoning: bool, api: Any, expected: dict[str, Any]) -> None:
    request = ChatRequest(messages=(USER,), max_output_tokens=50, temperature=0.2)
    assert model_parameters(request, reasoning=reasoning, api=api, effort="low") == expected


def test_schema_and_tools_by_interface() -> None:
    request = ChatRequest(messages=(USER,), output_schema={"type": "object"}, tools=(TOOL,))
    spoken = model_parameters(request, reasoning=False, api="chat")
    assert spoken["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert spoken["tools"][0]["function"]["name"] == "find"
    flat = model_parameters(request, reasoning=False, api="responses")
    assert flat["text"]["format"]["schema"] == {"type": "object"}
    assert flat["tools"][0]["name"] == "find"


def test_the_stable_part_comes_first_and_is_marked() -> None:
    request = ChatRequest(messages=(USER, SYSTEM))
    plain = wire_messages(request)
    assert [message["role"] for message in plain] == ["system", "user"]
    assert plain[0]["content"] == "Rules."
    marked = wire_messages(request, mark_cache=True)
    assert marked[0]["content"] == [
        {"type": "text", "text": "Rules.", "cache_control": {"type": "ephemeral"}}
    ]
    assert marked[1]["content"] == "Question?"


def test_cached_tokens_have_their_own_price() -> None:
    prices = TokenPrices(input=2.0, output=10.0, cached_input=0.5)
    assert prices.cost(read=1000, written=100, cached=400) == pytest.approx(0.0024)
    assert TokenPrices(input=2.0).cost(read=1000, written=9, cached=400) == pytest.approx(0.002)


def test_a_refused_request_is_final() -> None:
    class Refused(Exception):
        status_code = 400

    found = translate(Refused("bad"), "m")
    assert type(found) is ProviderError
    assert "refused the request (400): bad" in str(found)


def test_a_key_is_not_repeated() -> None:
    class Refused(Exception):
        status_code = 401

    found = str(translate(Refused("Incorrect API key provided: sk-proj-abc123XYZ."), "m"))
    assert "abc123XYZ" not in found
    assert "Incorrect API key provided" in found
    assert "set api_key" in found
