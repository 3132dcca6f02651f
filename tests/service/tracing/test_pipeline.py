"""Spans leave the path of requests, and nothing that goes wrong with them comes back to it."""

import threading
from collections.abc import Callable, Sequence

import pytest

from providers.telemetry import Run, Span, SpanKind, root
from service.tracing.pipeline import Pipeline
from service.tracing.records import SpanRecord


class Collecting:
    def __init__(self, failing: bool = False) -> None:
        self.records: list[SpanRecord] = []
        self.failing = failing
        self.thread = ""

    def take(self, records: Sequence[SpanRecord]) -> None:
        if self.failing:
            raise OSError("disk full")
        self.thread = threading.current_thread().name
        self.records += records

    def close(self, timeout_s: float) -> None:
        pass


Open = Callable[..., Pipeline]


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Open:
    def make(*consumers: Collecting, **options: object) -> Pipeline:
        settings = {
            "queue_size": 100, "flush_s": 60.0, "content": True, "max_span_bytes": 10_000,
        } | options  # fmt: skip
        made = Pipeline(consumers, **settings)  # type: ignore[arg-type]
        request.addfinalizer(lambda: made.close(2.0))
        return made

    return make


def ended(pipeline: Pipeline, **attributes: object) -> Span:
    run = Run(trace_id="1" * 32, sink=pipeline.put, tenant_id="default")
    span = root("query", SpanKind.GRAPH, run, attributes=attributes)
    span.end()
    return span


def test_spans_are_masked_in_another_thread(opened: Open) -> None:
    seen = Collecting()
    pipeline = opened(seen, flush_s=0.01)
    ended(pipeline, input="bob@example.com", model="m")
    pipeline.close(2.0)
    assert seen.records[0].attributes == {"input": "[email]", "model": "m"}
    assert seen.thread == "traces"


def test_what_does_not_fit_into_the_queue_is_counted(opened: Open) -> None:
    seen = Collecting()
    pipeline = opened(seen, queue_size=3)
    for _ in range(5):
        ended(pipeline)
    pipeline.flush()
    assert (len(seen.records), pipeline.dropped) == (3, 2)


def test_a_consumer_that_fails_costs_the_others_nothing(opened: Open) -> None:
    broken, seen = Collecting(failing=True), Collecting()
    pipeline = opened(broken, seen)
    ended(pipeline)
    pipeline.flush()
    assert (len(seen.records), pipeline.lost) == (1, 1)


def test_a_span_that_is_too_large_is_cut_and_says_so(opened: Open) -> None:
    seen = Collecting()
    pipeline = opened(seen, max_span_bytes=2_000)
    ended(pipeline, input="ä" * 10_000, model="m", output="short")
    pipeline.flush()
    (record,) = seen.records
    assert len(record.json.encode()) < 2_300
    assert record.attributes["model"] == "m" and record.attributes["output"] == "short"
    assert "20000" in record.attributes["cut"] or "200" in record.attributes["cut"]


def test_texts_are_left_out_where_the_settings_say_so(opened: Open) -> None:
    seen = Collecting()
    pipeline = opened(seen, content=False)
    ended(pipeline, input="what?", output="that", passages=3)
    pipeline.flush()
    assert seen.records[0].attributes == {"passages": 3}


def test_an_attribute_that_nobody_can_read_costs_one_span(opened: Open) -> None:
    class Odd:
        def __str__(self) -> str:
            raise ValueError("no")

    seen = Collecting()
    pipeline = opened(seen)
    ended(pipeline, odd=Odd())
    ended(pipeline, fine=True)
    pipeline.flush()
    assert [record.attributes for record in seen.records] == [{"fine": True}]
    assert pipeline.lost == 1
