"""Which figures pass."""

import pytest

from evals.bench.targets import Measure, ingestion, query_path, server_memory, server_start


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
