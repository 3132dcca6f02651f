"""The worker command before it reaches a broker; what it does then is tested with real ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cli = Callable[..., Any]


def test_it_needs_jobs_that_are_spread(cli: Cli) -> None:
    result = cli("worker", "--json")
    assert result.code == 3
    assert "jobs.runner" in result.json()["detail"]


def test_it_names_every_store_that_is_not_shared(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CICERONE_JOBS__RUNNER", "celery")
    result = cli("worker", "--json")
    assert result.code == 3
    for key in ("broker_url", "database.url", "vector_store", "object_store.options.url"):
        assert key in result.json()["detail"]


def test_an_unknown_queue_is_a_mistake_in_the_arguments(cli: Cli) -> None:
    result = cli("worker", "--queues", "parse,print")
    assert result.code == 2
    assert "print" in result.err
    assert "jobs,parse,embed,index" in result.err


def test_a_database_that_is_away_stops_the_start(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://nobody@127.0.0.1:1/none"
    monkeypatch.setenv("CICERONE_DATABASE__URL", url.replace(":", "+psycopg:", 1))
    monkeypatch.setenv("CICERONE_VECTOR_STORE__PLUGIN", "pgvector")
    monkeypatch.setenv("CICERONE_VECTOR_STORE__OPTIONS", f'{{"url": "{url}"}}')
    monkeypatch.setenv("CICERONE_JOBS__RUNNER", "celery")
    monkeypatch.setenv("CICERONE_JOBS__CELERY__BROKER_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("CICERONE_JOBS__CELERY__SHARED_FOLDER", "true")
    result = cli("worker", "--json")
    assert result.code == 5
    assert "127.0.0.1" in result.json()["detail"]


@pytest.mark.parametrize("counts", ["0", "two", "1,,2"])
def test_numbers_of_workers_are_numbers(cli: Cli, tmp_path: Path, counts: str) -> None:
    result = cli("eval", "workers", str(tmp_path), "--workers", counts)
    assert result.code == 2
    assert "--workers" in result.err


def test_only_spread_jobs_can_be_tried_with_workers(cli: Cli, tmp_path: Path) -> None:
    result = cli("eval", "workers", str(tmp_path), "--json")
    assert result.code == 2
    assert "jobs.runner" in result.json()["detail"]
