import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from graphs.gateway.deployments import Deployment
from graphs.gateway.settings import GatewaySettings, RoleSettings
from graphs.models import Role
from providers.errors import (
    ProviderAccessError,
    ProviderError,
    ProviderTimeoutError,
    TransientProviderError,
)
from providers.types import (
    ChatDelta,
    PromptRef,
    Status,
    TokenPrices,
    ToolCall,
    ToolDefinition,
    Usage,
)

Make = Callable[..., Any]
BUSY = TransientProviderError("busy")
SCHEMA = {
    "type": "object",
    "properties": {"label": {"type": "string"}},
    "required": ["label"],
}


async def said(gateway: Any, call: Any) -> tuple[str, list[str], ChatDelta]:
    degraded: list[str] = []
    deltas = [delta async for delta in gateway.stream(call, degraded=degraded)]
    return "".join(delta.text for delta in deltas), degraded, deltas[-1]


async def forever() -> None:
    await asyncio.Event().wait()


async def test_a_call_is_answered_and_written_down(desk: Any, actor: Make) -> None:
    model = actor(["one ", "two"], model="m1")
    prompt = PromptRef(name="synthesize", version="3", sha256="ab" * 32)
    call = desk.call(temperature=0.5)
    call = replace(call, prompt=prompt, detail={"retrieved": ["c1"]})
    gateway = desk.gateway(
        Deployment(name="fast", model=model, prices=TokenPrices(input=1.0, output=2.0))
    )
    text, degraded, last = await said(gateway, call)
    assert (text, degraded, last.model) == ("one two", [], "m1")
    assert last.usage is not None
    assert last.usage.cost_usd == pytest.approx(20e-6)
    (row,) = await desk.rows()
    assert (row.function, row.deployment, row.model) == ("synthesize", "fast", "m1")
    assert (row.prompt_name, row.prompt_version, row.prompt_hash) == (
        "synthesize",
        "3",
        "ab" * 32,
    )
    assert (row.input_tokens, row.output_tokens, row.outcome) == (10, 5, "succeeded")
    assert row.cost_usd == pytest.approx(20e-6)
    assert 0 < row.first_token_ms <= row.latency_ms
    assert row.detail == {"retrieved": ["c1"]}


async def test_the_end_of_the_text_is_told_before_the_call_is_written_down(
    desk: Any, actor: Make
) -> None:
    ended: list[int] = []
    async for delta in desk.gateway(actor(["one"])).stream(desk.call(), degraded=[]):
        if delta.ended:
            assert delta.usage is None
            ended.append(len(await desk.rows()))
    assert ended == [0]
    assert [row.outcome for row in await desk.rows()] == ["succeeded"]


async def test_who_leaves_at_the_end_of_the_text_had_a_whole_reply(desk: Any, actor: Make) -> None:
    stream = desk.gateway(actor(["one"])).stream(desk.call(), degraded=[])
    while not (await anext(stream)).ended:
        pass
    await stream.aclose()
    assert [row.outcome for row in await desk.rows()] == ["succeeded"]


async def test_what_may_pass_is_tried_again(desk: Any, actor: Make) -> None:
    model = actor([BUSY], ["fine"])
    text, degraded, _ = await said(desk.gateway(model), desk.call())
    assert (text, degraded) == ("fine", [])
    assert [row.outcome for row in await desk.rows()] == ["failed", "succeeded"]


async def test_what_will_not_pass_is_not_tried_again(desk: Any, actor: Make) -> None:
    first, second = actor([ProviderError("no")]), actor(["fine"], model="m2")
    text, degraded, _ = await said(desk.gateway(first, second), desk.call())
    assert text == "fine"
    assert degraded == ["the answer was written by m2: actor failed: no"]
    assert len(first.requests) == 1


async def test_a_wait_that_was_asked_for_is_kept(desk: Any, actor: Make) -> None:
    model = actor([TransientProviderError("slow down", retry_after_s=0.04)], ["fine"])
    started = time.monotonic()
    await said(desk.gateway(model), desk.call())
    assert time.monotonic() - started >= 0.04


async def test_who_asks_for_a_long_wait_is_left_alone(desk: Any, actor: Make) -> None:
    first = actor([TransientProviderError("slow down", retry_after_s=60)], model="m1")
    second = actor(["fine"], model="m2")
    gateway = desk.gateway(first, second)
    for _ in range(3):
        text, _, _ = await said(gateway, desk.call())
        assert text == "fine"
    assert len(first.requests) == 1
    health = await gateway.deployments[0].check()
    assert health.status is Status.DEGRADED
    assert "left alone" in health.detail


async def test_a_model_that_fails_in_a_row_cools_down(desk: Any, actor: Make) -> None:
    first, second = actor([ProviderAccessError("401")], model="m1"), actor(["fine"], model="m2")
    settings = GatewaySettings(cooldown_after=2, cooldown_s=0.15, backoff_s=0.001)
    gateway = desk.gateway(first, second, settings=settings)
    for _ in range(5):
        await said(gateway, desk.call())
    assert len(first.requests) == 2
    await asyncio.sleep(0.2)
    first.acts = [["back"]]
    text, degraded, _ = await said(gateway, desk.call())
    assert (text, degraded) == ("back", [])
    assert gateway.deployments[0].failures == 0


async def test_a_wrong_request_does_not_put_a_model_out_of_use(desk: Any, actor: Make) -> None:
    model = actor([ProviderError("too long")])
    gateway = desk.gateway(model)
    for _ in range(5):
        with pytest.raises(ProviderError):
            await said(gateway, desk.call())
    assert len(model.requests) == 5


async def test_after_the_first_piece_no_other_model_is_asked(desk: Any, actor: Make) -> None:
    first, second = actor(["half ", BUSY]), actor(["fine"], model="m2")
    pieces: list[str] = []
    with pytest.raises(TransientProviderError, match="busy"):
        async for delta in desk.gateway(first, second).stream(desk.call(), degraded=[]):
            pieces.append(delta.text)
    assert pieces == ["half "]
    assert second.requests == []
    (row,) = await desk.rows()
    assert (row.outcome, row.error) == ("failed", "busy")
    assert row.output_tokens > 0


async def test_avoided_models_are_not_asked(desk: Any, actor: Make) -> None:
    first, second = actor(["a"], model="m1"), actor(["b"], model="m2")
    call = replace(desk.call(), avoid=frozenset({"m1"}))
    assert (await said(desk.gateway(first, second), call))[0] == "b"


async def test_silence_is_given_up_and_not_waited_for_twice(desk: Any, actor: Make) -> None:
    first, second = actor([forever]), actor(["fine"], model="m2")
    text, degraded, _ = await said(desk.gateway(first, second, idle_timeout_s=0.05), desk.call())
    assert text == "fine"
    assert "no word within 0.05 s" in degraded[0]
    assert (len(first.requests), first.closed) == (1, 1)


async def test_the_whole_call_has_a_deadline(desk: Any, actor: Make) -> None:
    async def pause() -> None:
        await asyncio.sleep(0.02)

    slow = actor([piece for _ in range(500) for piece in (pause, "x ")])
    started = time.monotonic()
    with pytest.raises(ProviderTimeoutError, match=r"no whole reply within 0.2 s"):
        await said(desk.gateway(slow, timeout_s=0.2), desk.call())
    assert time.monotonic() - started < 2
    assert slow.closed == 1


async def test_the_last_resort_comes_when_the_time_is_over(desk: Any, actor: Make) -> None:
    gateway = desk.gateway(actor([forever]), actor([forever], model="m2"), last=True, timeout_s=0.1)
    text, degraded, last = await said(gateway, desk.call())
    assert last.model == "extractive"
    assert text
    assert "written by extractive" in degraded[0]


async def test_an_endless_reply_is_cut(desk: Any, actor: Make) -> None:
    model = actor(["word " * 20] * 100_000)
    text, degraded, last = await said(desk.gateway(model, max_output_tokens=100), desk.call())
    assert len(text) < 1000
    assert degraded == ["the reply was cut: it did not end after 100 tokens"]
    assert last.usage is not None
    (row,) = await desk.rows()
    assert row.outcome == "cut"


async def test_an_early_end_is_written_down(desk: Any, actor: Make) -> None:
    model = actor(["a ", "b ", forever])
    stream = desk.gateway(model).stream(desk.call(), degraded=[])
    await anext(stream)
    await stream.aclose()
    (row,) = await desk.rows()
    assert row.outcome == "cancelled"
    assert model.closed == 1


async def test_a_cancelled_call_is_written_down(desk: Any, actor: Make) -> None:
    task = asyncio.create_task(said(desk.gateway(actor(["a ", forever])), desk.call()))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [row.outcome for row in await desk.rows()] == ["cancelled"]


async def test_a_plan_without_models_says_so(desk: Any, actor: Make) -> None:
    gateway = desk.gateway(actor(["a"]))
    assert gateway.serves(Role.SYNTHESIZE)
    assert not gateway.serves(Role.SQL)
    with pytest.raises(ProviderError, match="no model serves the role sql"):
        await gateway.complete(desk.call(Role.SQL))


async def test_all_failures_are_told(desk: Any, actor: Make) -> None:
    first = actor([TransientProviderError("busy", retry_after_s=9)], model="m1")
    second = actor([ProviderError("refused")], model="m2")
    with pytest.raises(TransientProviderError, match="m1 failed: busy; m2 failed: refused") as e:
        await said(desk.gateway(first, second), desk.call())
    assert e.value.retry_after_s == 9


class TestComplete:
    async def test_a_reply_of_the_schema(self, desk: Any, actor: Make) -> None:
        model = actor(["```json\n", '{"label": "yes"}\n', "```"])
        gateway = desk.gateway(model, role=Role.CLASSIFY)
        reply = await gateway.complete(desk.call(Role.CLASSIFY, output_schema=SCHEMA))
        assert (reply.text, reply.model, reply.degraded) == ('{"label": "yes"}', "actor", ())

    @pytest.mark.parametrize("wrong", ['{"label": ', '{"label": 3}', "I think yes.", ""])
    async def test_one_repair(self, desk: Any, actor: Make, wrong: str) -> None:
        model = actor([wrong], ['{"label": "yes"}'])
        gateway = desk.gateway(model, role=Role.CLASSIFY)
        reply = await gateway.complete(desk.call(Role.CLASSIFY, output_schema=SCHEMA))
        assert reply.text == '{"label": "yes"}'
        assert (reply.usage.input_tokens, reply.usage.output_tokens) == (20, 10)
        assert "not valid" in model.requests[1].messages[-1].content
        assert [row.outcome for row in await desk.rows()] == ["invalid", "succeeded"]

    async def test_after_one_repair_the_next_model(self, desk: Any, actor: Make) -> None:
        first, second = actor(["no"], model="m1"), actor(['{"label": "a"}'], model="m2")
        gateway = desk.gateway(first, second, role=Role.CLASSIFY)
        reply = await gateway.complete(desk.call(Role.CLASSIFY, output_schema=SCHEMA))
        assert reply.model == "m2"
        assert len(first.requests) == 2
        assert "m2 did the work of the role classify" in reply.degraded[0]

    async def test_when_all_are_invalid_it_fails(self, desk: Any, actor: Make) -> None:
        gateway = desk.gateway(actor(["no"]), role=Role.CLASSIFY)
        with pytest.raises(ProviderError, match="no JSON"):
            await gateway.complete(desk.call(Role.CLASSIFY, output_schema=SCHEMA))

    async def test_a_broken_reply_is_taken_from_the_next_model(
        self, desk: Any, actor: Make
    ) -> None:
        first, second = actor(["half", BUSY], model="m1"), actor(["whole"], model="m2")
        reply = await desk.gateway(first, second, role=Role.HYDE).complete(desk.call(Role.HYDE))
        assert reply.text == "whole"

    @pytest.mark.parametrize(
        ("name", "arguments", "fine"),
        [("find", '{"n": 1}', True), ("find", '{"n": "x"}', False), ("lose", "{}", False)],
    )
    async def test_tools(
        self, desk: Any, actor: Make, name: str, arguments: str, fine: bool
    ) -> None:
        call = ToolCall(id="1", name=name, arguments=arguments)
        model = actor([ChatDelta(usage=Usage(), tool_calls=(call,))], usage=None)
        schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
        tool = ToolDefinition(name="find", description="", parameters=schema)
        gateway = desk.gateway(model, role=Role.SQL)
        if fine:
            reply = await gateway.complete(desk.call(Role.SQL, tools=(tool,)))
            assert reply.tool_calls == (call,)
            return
        with pytest.raises(ProviderError, match=r"tool|arguments"):
            await gateway.complete(desk.call(Role.SQL, tools=(tool,)))


class TestRouting:
    def deployments(self, actor: Make) -> list[Deployment]:
        table = [("good", 10.0, 0.9, 900), ("fair", 1.0, 0.7, 300), ("poor", 0.1, 0.3, 100)]
        return [
            Deployment(
                name=name,
                model=actor([name], model=name),
                prices=TokenPrices(input=price, output=price),
                quality=quality,
                latency_ms=latency,
            )
            for name, price, quality, latency in table
        ]

    @pytest.mark.parametrize(
        ("options", "chosen"),
        [
            ({}, "good"),
            ({"route": "cheapest"}, "poor"),
            ({"route": "cheapest", "min_quality": 0.6}, "fair"),
            ({"route": "cheapest", "min_quality": 0.8}, "good"),
            ({"route": "cheapest", "min_quality": 0.6, "max_latency_ms": 200}, "good"),
            ({"max_cost_usd": 0.0011}, "fair"),
        ],
    )
    async def test_the_cheapest_that_is_good_and_fast_enough(
        self, desk: Any, actor: Make, options: dict[str, Any], chosen: str
    ) -> None:
        gateway = desk.gateway(*self.deployments(actor), **options)
        assert (await said(gateway, desk.call()))[2].model == chosen

    async def test_measured_latency_counts(self, desk: Any, actor: Make) -> None:
        async def pause() -> None:
            await asyncio.sleep(0.1)

        deployments = self.deployments(actor)
        deployments[2].model.acts = [[pause, "poor"]]  # type: ignore[attr-defined]
        gateway = desk.gateway(*deployments, route="cheapest", max_latency_ms=100)
        assert (await said(gateway, desk.call()))[2].model == "poor"
        assert (await said(gateway, desk.call()))[2].model != "poor"

    async def test_an_unknown_price_is_the_highest(self, desk: Any, actor: Make) -> None:
        class Unknown(type(actor([]))):  # type: ignore[misc]
            async def prices(self) -> None:
                return None

        free, unknown = actor(["a"], model="free"), Unknown([["b"]], model="unknown")
        gateway = desk.gateway(unknown, free, route="cheapest")
        assert (await said(gateway, desk.call()))[2].model == "free"

    def test_a_role_needs_a_model(self) -> None:
        with pytest.raises(ValueError, match="models"):
            RoleSettings(models=())
