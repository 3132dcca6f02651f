"""Which figures pass."""

import pytest

from evals.bench.targets import (
    Measure,
    burst_token,
    first_token,
    ingestion,
    memory_growth,
    query_path,
    server_memory,
    server_start,
    stream_errors,
    stream_health,
    stream_token,
)


@pytest.mark.parametrize(
    ("measure", "passed"),
    [
        (query_path(1.5), True),
        (query_path(1.51), False),
        (ingestion(0.85), True),
        (ingestion(0.84), False),
        (server_start(3.0), True),
        (server_start(3.01), False),
        (server_memory(500.0), True),
        (server_memory(500.1), False),
        (first_token(30.0, share=0.5), True),
        (first_token(30.1, share=0.5), False),
        (first_token(80.0, share=0.95), True),
        (first_token(80.1, share=0.95), False),
        (stream_token(500.0), True),
        (stream_token(500.1), False),
        (burst_token(500.0), True),
        (burst_token(500.1), False),
        (stream_health(100.0), True),
        (stream_health(100.1), False),
        (stream_errors(0), True),
        (stream_errors(1), False),
        (memory_growth(50.0), True),
        (memory_growth(50.1), False),
    ],
)
def test_a_target_is_reached_on_its_side(measure: Measure, passed: bool) -> None:
    assert measure.passed is passed
    assert measure.document()["passed"] is passed


def test_details_travel_with_the_figure() -> None:
    document = query_path(1.23456, rounds=3).document()
    assert document["value"] == 1.235
    assert document["detail"] == {"rounds": 3}
    assert document["better"] == "lower"
