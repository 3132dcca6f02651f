"""Spans and where they belong."""

import asyncio

import pytest

from providers import telemetry
from providers.telemetry import Doing, Run, Span, SpanKind, Within, current, root, span, start


@pytest.fixture
def seen() -> list[Span]:
    return []


@pytest.fixture
def top(seen: list[Span]) -> Doing:
    return Doing(root("top", SpanKind.GRAPH, Run(trace_id="1" * 32, sink=seen.append)))


async def test_tasks_find_what_they_are_a_part_of(seen: list[Span], top: Doing) -> None:
    async def work(name: str) -> None:
        with span(name):
            await asyncio.sleep(0)
            with span(f"{name} inner"):
                pass

    with top as above:
        await asyncio.gather(work("a"), work("b"))
    ids = {each.name: each.id for each in seen}
    parents = {each.name: each.parent_id for each in seen}
    assert parents == {
        "top": None,
        "a": above.id,
        "b": above.id,
        "a inner": ids["a"],
        "b inner": ids["b"],
    }


def test_errors_are_noted_and_go_on(seen: list[Span], top: Doing) -> None:
    with pytest.raises(ValueError, match="why"), top, span("bad"):
        raise ValueError("why")
    assert [each.error for each in seen] == ["ValueError: why", "ValueError: why"]
    assert not current().recording


def test_outside_a_run_nothing_is_recorded() -> None:
    with span("alone") as doing:
        doing.set(a=1)
        assert not doing.recording and doing.attributes == {}
    start("alone", SpanKind.NODE).end()
    telemetry.tag(experiment="e")
    telemetry.identify("tenant", "anna")


def test_what_holds_for_the_run_is_said_once(seen: list[Span], top: Doing) -> None:
    with top, span("inner"):
        telemetry.tag(experiment="rerank", variant="b")
        telemetry.identify("tenant", "anna")
    assert seen[0].run is seen[1].run
    assert seen[0].run is not None
    assert (seen[0].run.tenant_id, seen[0].run.tags["variant"]) == ("tenant", "b")


async def test_a_span_may_be_entered_for_pieces_of_a_stream(seen: list[Span], top: Doing) -> None:
    with top as above:
        call = start("call", SpanKind.GENERATION)
        with Within(call):
            assert current() is call
        assert current() is above
        call.end()
    assert [each.name for each in seen] == ["call", "top"]
