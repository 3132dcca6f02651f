"""The benchmark command."""

from collections.abc import Callable
from typing import Any

import pytest

Cli = Callable[..., Any]


def test_it_compares_the_defaults_only(cli: Cli) -> None:
    result = cli("bench", "--json")
    assert result.code == 2
    assert "embedder.plugin" in result.json()["detail"]


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_it_reports_every_measure_in_one_run(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("EMBEDDER__PLUGIN", "PARSER__PLUGIN", "RERANKER__ENABLED"):
        monkeypatch.delenv(f"CICERONE_{name}")
    result = cli("bench", "--documents", "1", "--rounds", "1", "--questions", "5", "--json")
    assert result.code == 0, result.err
    report = result.json()
    measures = {measure["name"]: measure for measure in report["measures"]}
    assert set(measures) == {"query_path", "ingestion", "server_start", "server_memory"}
    # A busy machine must not fail the tests: the figures are checked for being real, and
    # `cicerone bench --gate` for being good.
    assert measures["query_path"]["value"] > 0.5
    assert measures["ingestion"]["value"] > 0.1
    assert 0 < measures["server_start"]["value"] < 60
    assert 50 < measures["server_memory"]["value"] < 1500
    assert report["passed"] is all(measure["passed"] for measure in report["measures"])


def test_there_are_only_so_many_questions(cli: Cli) -> None:
    result = cli("bench", "--load", "--requests", "10000", "--streams", "500", "--json")
    assert result.code == 2
    assert "fewer requests" in result.json()["detail"]


@pytest.mark.integration
@pytest.mark.timeout(300)
def test_it_measures_a_server_under_load(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, few_of_them in {"MANUALS": 4, "WARM_UP": 6, "GROWTH_WARM_UP": 10}.items():
        monkeypatch.setattr(f"cli.loading.{name}", few_of_them)
    few = ("--rounds", "1", "--questions", "10", "--streams", "3", "--requests", "20")
    result = cli("bench", "--load", *few, "--json")
    assert result.code == 0, result.err
    measures = {measure["name"]: measure for measure in result.json()["measures"]}
    assert set(measures) == {
        "first_token_p50",
        "first_token_p95",
        "streams_first_token_p95",
        "burst_first_token_p95",
        "streams_health_p95",
        "streams_errors",
        "memory_growth",
    }
    assert measures["streams_errors"]["value"] == 0, result.err
    assert measures["first_token_p50"]["detail"]["cpu_ms"] > 0
    assert measures["memory_growth"]["detail"]["before_mb"] > 50
