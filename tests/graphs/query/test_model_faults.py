"""Every fault of a hosted model, driven through the whole query graph over loopback HTTP."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from graphs.gateway.deployments import Deployment
from graphs.gateway.gateway import Gateway, ServedRole
from graphs.gateway.settings import GatewaySettings, RoleSettings
from graphs.models import Role
from graphs.query.errors import AnswerUnavailableError
from providers.chat_model.extractive import ExtractiveChatModel, ExtractiveConfig
from providers.chat_model.litellm import LiteLlmChatModel
from providers.chat_model.litellm_config import LiteLlmConfig
from providers.chat_model.scripted_server import ScriptedServer
from providers.types import ChatMessage, ChatRequest, ChatRole

pytestmark = pytest.mark.integration

HOLDS = "How many litres does the KX-200 kettle hold?"
RIGHT = "1.7 litres"
IDLE_S, TOTAL_S = 1.0, 3.0  # a busy machine is not at fault
SETTINGS = GatewaySettings(backoff_s=0.01, max_backoff_s=0.2)
FAULTS = [
    ("401", "api_key"),
    ("404", "no model openai/scripted-404"),
    ("429", "too many requests"),
    ("429-after-30", "too many requests"),
    ("500", "failed for now"),
    ("503", "failed for now"),
    ("malformed", "cannot be read"),
    ("empty", "empty"),
    ("wrongtool", "no_such_tool"),
    ("timeout", "no word within 1 s"),
    ("slow-5000ms", "no word within 1 s"),
]


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as running:
        # LiteLLM's first call of a process takes a second longer than our time-outs.
        request = ChatRequest(messages=(ChatMessage(role=ChatRole.USER, content="hello"),))
        async for _ in hosted(running, "scripted-v0").stream(request):
            pass
        yield running


def hosted(server: ScriptedServer, name: str) -> LiteLlmChatModel:
    options = {"model": f"openai/{name}", "api_base": server.base_url, "api_key": "k"}
    return LiteLlmChatModel(LiteLlmConfig.model_validate(options))


def gateway(bench: Any, server: ScriptedServer, *names: str, last: bool = True) -> Gateway:
    deployments = tuple(Deployment(name=name, model=hosted(server, name)) for name in names)
    role = RoleSettings(models=names, idle_timeout_s=IDLE_S, timeout_s=TOTAL_S)
    extractive = ExtractiveChatModel(ExtractiveConfig())
    return Gateway(
        {Role.SYNTHESIZE: ServedRole(settings=role, deployments=deployments)},
        bench.database,
        settings=SETTINGS,
        last_resort=Deployment(name="last", model=extractive) if last else None,
    )


async def test_a_hosted_model_answers(bench: Any, server: ScriptedServer) -> None:
    found = await bench.using(models=gateway(bench, server, "scripted")).ask(HOLDS)
    assert RIGHT in found["answer"]
    assert found["model"] == "openai/scripted"
    assert found["degraded"] == []
    assert found["usage"].input_tokens > 50


@pytest.mark.parametrize(("fault", "words"), FAULTS)
async def test_a_fault_ends_in_a_plain_answer_that_says_so(
    bench: Any, server: ScriptedServer, fault: str, words: str
) -> None:
    started = time.monotonic()
    found = await bench.using(models=gateway(bench, server, f"scripted-{fault}")).ask(HOLDS)
    assert RIGHT in found["answer"]
    assert found["model"] == "extractive"
    assert "the answer was written by extractive" in found["degraded"][0]
    assert words in found["degraded"][0]
    assert time.monotonic() - started < TOTAL_S + 2


@pytest.mark.parametrize("fault", ["401", "503", "timeout", "wrongtool", "reset"])
async def test_a_fault_ends_with_the_next_model(
    bench: Any, server: ScriptedServer, fault: str
) -> None:
    models = gateway(bench, server, f"scripted-{fault}", "scripted-v2")
    found = await bench.using(models=models).ask(HOLDS)
    assert RIGHT in found["answer"]
    assert found["model"] == "openai/scripted-v2"
    assert f"openai/scripted-{fault} failed" in found["degraded"][0]


@pytest.mark.parametrize(("fault", "words"), FAULTS)
async def test_without_a_fallback_the_error_is_clear(
    bench: Any, server: ScriptedServer, fault: str, words: str
) -> None:
    models = gateway(bench, server, f"scripted-{fault}", last=False)
    with pytest.raises(AnswerUnavailableError, match=words):
        await bench.using(models=models).ask(HOLDS)


async def test_a_flaky_model_is_asked_again(bench: Any, server: ScriptedServer) -> None:
    found = await bench.using(models=gateway(bench, server, "scripted-flaky-1")).ask(HOLDS)
    assert (found["model"], found["degraded"]) == ("openai/scripted-flaky-1", [])
    assert server.calls["scripted-flaky-1"] == 2


async def test_what_has_left_stays_when_a_reply_does_not_end(
    bench: Any, server: ScriptedServer
) -> None:
    asked = bench.using(models=gateway(bench, server, "scripted-endless-tps-200"))
    started = time.monotonic()
    found = await asked.ask(HOLDS)
    assert RIGHT in found["answer"]
    assert "".join(event["text"] for event in asked.said("token")) == found["answer"]
    assert "stopped early" in found["degraded"][0]
    assert "no whole reply within 3 s" in found["degraded"][0]
    assert time.monotonic() - started < TOTAL_S + 2


async def test_a_reply_without_end_is_cut(bench: Any, server: ScriptedServer) -> None:
    asked = bench.using(models=gateway(bench, server, "scripted-endless"))
    settings = {"answer": {"max_output_tokens": 50}, "rerank": {"when": "never"}}
    found = await asked.with_settings(**settings).ask(HOLDS)
    assert RIGHT in found["answer"]
    assert "it did not end after 50 tokens" in found["degraded"][0]


async def test_every_attempt_is_in_the_ledger(bench: Any, server: ScriptedServer) -> None:
    models = gateway(bench, server, "scripted-503", "scripted-reset", "scripted-v2")
    await bench.using(models=models).ask(HOLDS)
    async with bench.database.begin(bench.principal) as tx:
        rows = await tx.llm_calls.of_trace("trace-1")
    assert [(row.deployment, row.outcome) for row in rows] == [
        ("scripted-503", "failed"),
        ("scripted-503", "failed"),
        ("scripted-reset", "failed"),
        ("scripted-503", "failed"),
        ("scripted-v2", "succeeded"),
    ]
    assert all(row.detail["price"] == "unknown" for row in rows if row.outcome == "succeeded")
