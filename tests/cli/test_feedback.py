"""Feedback on the command line, with and without a server, up to the golden rows."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

Cli = Any
Serve = Callable[..., AbstractContextManager[None]]


@pytest.fixture(params=["alone", "served"])
def both(
    request: pytest.FixtureRequest, loaded: Cli, home: Path, serve_here: Serve
) -> Iterator[Cli]:
    """The command over a home with two manuals, without and with a server."""
    if request.param == "alone":
        yield loaded
        return
    with serve_here(home):
        yield loaded


def test_a_vote_becomes_a_golden_row(both: Cli, tmp_path: Path) -> None:
    cli = both
    answer = cli("ask", "How often must I descale the kettle?", "--json").json()
    assert cli("feedback", "give", answer["trace_id"], "down", "--comment", "why?").code == 0
    assert "why?" in cli("feedback", "votes").out
    assert cli("feedback", "collect", "--json").json()["candidates"] == 1
    (candidate,) = cli("feedback", "list", "--json").json()["candidates"]
    assert cli("feedback", "accept", candidate["id"]).code == 2, "it has no answer yet"
    accepted = cli(
        "feedback", "accept", candidate["id"], "--answer", "Every 60 days.", "--json"
    ).json()
    assert (accepted["state"], accepted["answer"]) == ("accepted", "Every 60 days.")
    assert cli("feedback", "list", "--state", "accepted", "--json").json()["total"] == 1
    assert "Every 60 days." in cli("feedback", "list", "--state", "all").out
    assert cli("feedback", "reject", "nothing").code == 4
    assert cli("feedback", "give", "0" * 32, "up").code == 4
    found = cli("analytics", "--days", "1", "--json").json()
    assert (found["searches"], found["down"]) == (1, 1)
    assert "asked most" in cli("analytics").out
    assert cli("report", "--html", tmp_path / "report.html").code == 0
    page = (tmp_path / "report.html").read_text()
    assert "why?" in page and "1 became golden" in page and "cicerone eval run full" in page


def test_a_full_run_asks_the_golden_rows_of_the_home(
    loaded: Cli, documents: Path, tmp_path: Path
) -> None:
    cli = loaded
    answer = cli("ask", "How often must I descale the kettle?", "--json").json()
    cli("feedback", "give", answer["trace_id"], "up")
    cli("feedback", "collect")
    (candidate,) = cli("feedback", "list", "--json").json()["candidates"]
    cli("feedback", "accept", candidate["id"])
    golden = tmp_path / "golden.jsonl"
    golden.write_text('{"id": "1", "question": "Who won?", "answerable": false}')
    given = ["--manuals", documents, "--golden", golden, "--json"]
    full = cli("eval", "run", "full", *given).json()
    assert full["metrics"]["own.right_decision"] == 1.0
    cli("report", "--html", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "Accuracy against the gold standard" in page and "Wanted and said" in page
    assert full["metrics"]["own.citation_recall"] == 1.0
