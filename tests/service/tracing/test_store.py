"""What the store keeps, finds and removes, on both databases."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from providers.telemetry import SpanKind
from service.tracing import reading, store, tables
from service.tracing.errors import TraceStoreError
from service.tracing.schemas import TraceFilter, TracePage
from service.tracing.store import TraceStore
from tests.service.tracing.spans import record

NOW = 1_800_000_000.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TraceStore]:
    url = "sqlite://"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
    opened = TraceStore.open(tmp_path, url)
    if request.param == "postgresql":
        opened.prune(before=time.time() * 2, max_bytes=0)
    yield opened
    opened.close()


def listed(kept: TraceStore, tenant_id: str = "default", **wanted: object) -> TracePage:
    given = TraceFilter.model_validate(wanted)
    return kept.read(lambda found: reading.page(found, tenant_id, given, limit=10, offset=0))


def names(page: TracePage) -> list[str]:
    return [trace.name for trace in page.traces]


def test_a_trace_is_named_by_its_outermost_graph_and_adds_up_its_calls(kept: TraceStore) -> None:
    call: dict[str, Any] = {"model": "m", "input_tokens": 10, "output_tokens": 2, "cost_usd": 0.5}
    # Spans arrive when they end: inner ones first, and in several batches.
    kept.write([record("1" * 16, kind=SpanKind.GENERATION, started_at=NOW + 0.2, **call)])
    kept.write([record("2" * 16, kind=SpanKind.GENERATION, started_at=NOW + 0.3, **call)])
    kept.write(
        [
            record(
                "3" * 16, kind=SpanKind.GRAPH, name="query", started_at=NOW, duration_ms=900.0,
                input="how?",
            ),
            record("4" * 16, kind=SpanKind.REQUEST, name="POST /api/ask", started_at=NOW - 0.1),
        ]
    )  # fmt: skip
    (trace,) = listed(kept).traces
    assert (trace.name, trace.asked, trace.model, trace.spans) == ("query", "how?", "m", 4)
    assert (trace.input_tokens, trace.output_tokens, trace.cost_usd) == (20, 4, 1.0)
    assert trace.started_at.timestamp() == pytest.approx(NOW - 0.1)
    steps, left = kept.read(lambda found: reading.steps(found, "default", trace.trace_id))
    assert [step.span_id[0] for step in steps] == ["4", "3", "1", "2"]
    assert left == 0


def test_lists_are_filtered(kept: TraceStore) -> None:
    graph = SpanKind.GRAPH
    kept.write(
        [
            record(trace_id="1" * 32, kind=graph, name="query", started_at=NOW, input="100% oil?"),
            record(
                trace_id="2" * 32, kind=graph, name="query", started_at=NOW + 10,
                duration_ms=800, error="SearchUnavailableError: down",
            ),
            record(trace_id="3" * 32, kind=graph, name="search", started_at=NOW + 20, input="x"),
            record(
                trace_id="4" * 32, kind=graph, name="query", started_at=NOW + 30,
                error="CancelledError",
            ),
        ]
    )  # fmt: skip
    assert [trace.trace_id[0] for trace in listed(kept).traces] == ["4", "3", "2", "1"]
    assert names(listed(kept, graph="search")) == ["search"]
    assert [trace.trace_id[0] for trace in listed(kept, state="failed").traces] == ["2"]
    assert [trace.trace_id[0] for trace in listed(kept, state="stopped").traces] == ["4"]
    assert [trace.trace_id[0] for trace in listed(kept, min_ms=500).traces] == ["2"]
    assert [trace.trace_id[0] for trace in listed(kept, text="100% OIL").traces] == ["1"]
    assert listed(kept, text="0_%").traces == []
    assert len(listed(kept, since=NOW + 15).traces) == 2
    assert len(listed(kept, until=NOW + 15).traces) == 2


def test_tenants_see_their_own_even_of_one_trace_id(kept: TraceStore) -> None:
    kept.write(
        [
            record(kind=SpanKind.GRAPH, name="ours", tenant_id="a"),
            record(kind=SpanKind.GRAPH, name="theirs", tenant_id="b"),
            record(kind=SpanKind.GRAPH, name="nobody's", tenant_id="a", kept=False),
        ]
    )
    assert names(listed(kept, "a")) == ["ours"]
    assert names(listed(kept, "b")) == ["theirs"]
    steps, _ = kept.read(lambda found: reading.steps(found, "b", "1" * 32))
    assert [step.name for step in steps] == ["theirs"]


def test_old_traces_go_and_the_oldest_when_there_are_too_many(
    kept: TraceStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PRUNE_BATCH", 2)
    for number in range(9):
        kept.write([record(trace_id=f"{number:032x}", started_at=NOW + number, text="x" * 800)])
    assert kept.prune(before=NOW + 3, max_bytes=10**9) == 3
    assert kept.prune(before=0, max_bytes=4500) == 2
    assert [int(trace.trace_id, 16) for trace in listed(kept).traces] == [8, 7, 6, 5]


def test_a_locked_store_gives_up_soon_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LOCK_S", 0.01)
    kept = TraceStore.open(tmp_path, "sqlite://")
    kept.write([record()])
    other = sqlite3.connect(tmp_path / "traces.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OperationalError, match="locked"):
        kept.write([record()])
    other.close()
    kept.write([record()])
    kept.close()


def test_a_file_that_is_no_store_is_refused_with_its_cause(tmp_path: Path) -> None:
    (tmp_path / "traces.db").write_bytes(b"not a database" * 100)
    kept = TraceStore.open(tmp_path, "sqlite://")
    with pytest.raises(TraceStoreError, match="not a database"):
        listed(kept)
    kept.close()


def test_a_store_of_a_later_release_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = TraceStore.open(tmp_path, "sqlite://")
    kept.write([record()])
    kept.close()
    monkeypatch.setattr(tables, "VERSION", 0)
    later = TraceStore.open(tmp_path, "sqlite://")
    with pytest.raises(TraceStoreError, match="update"):
        listed(later)
    later.close()
