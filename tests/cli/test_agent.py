"""`cicerone agent` over a home with manuals and a datasource."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from cli.asking_agent import draw_answer, read_request
from cli.problems import UsageProblemError
from examples.shop.making import POLICY, make_shop
from service.agent_schemas import AgentAnswer
from tests.cli.conftest import Cli

FIGURE = "How many service requests are there?"


def _asked(question: str | None = None, **changes: str | None) -> object:
    given: dict[str, str | None] = {
        "datasource": None, "conversation": None, "resume": None, "choose": None, **changes,
    }  # fmt: skip
    return read_request(
        question,
        collection="default",
        datasource=given["datasource"],
        conversation=given["conversation"],
        resume=given["resume"],
        choose=given["choose"],
    )


@pytest.mark.parametrize(
    ("question", "changes", "why"),
    [
        (None, {}, "send a question"),
        (None, {"choose": "1"}, "go together"),
        ("Why?", {"resume": f"20261125-{'0' * 32}", "choose": "1"}, "send a question, or"),
    ],
)
def test_what_does_not_go_together_is_refused(
    question: str | None, changes: dict[str, str], why: str
) -> None:
    with pytest.raises(UsageProblemError, match=why):
        _asked(question, **changes)


def test_the_command_answers_from_documents_and_databases(loaded: Cli, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop.sqlite")
    cli = loaded
    added = cli("datasources", "add", "shop", "--url", str(shop), "--policy", str(POLICY))
    assert added.code == 0, added.err

    documents = cli("agent", "How often must I descale the Brisk 12?", "--json").json()
    rows = cli("agent", FIGURE, "--datasource", "shop", "--json").json()

    assert (documents["tools"], rows["tools"]) == (["ask_documents"], ["query_database"])
    assert rows["database"]["rows"][0][0] > 0
    shown = cli("agent", FIGURE)
    assert "query_database (answered); chosen by rules" in shown.out
    refused = cli("agent", "Delete all orders.")
    assert (refused.code, "read here and not changed" in refused.out) == (1, True)


def test_cells_cannot_steer_the_terminal() -> None:
    answer = AgentAnswer.model_validate(
        {
            "answer": "6 rows", "tools": ["query_database"], "chosen_by": "rules",
            "citations": [], "abstained": False, "clarify": None, "refusal": None, "error": None,
            "calls": [], "degraded": [], "question": "x", "condensed_question": None,
            "conversation_id": None, "trace_id": "0" * 32, "timings_ms": {},
            "database": {
                "datasource": "shop", "sql": "SELECT 1", "params": {}, "columns": ["name"],
                "rows": [["\x1b[2Jgone"], *[["b"]] * 5], "row_count": 6, "truncated": False,
                "assumptions": [],
            },
        }
    )  # fmt: skip
    out = io.StringIO()
    draw_answer(Console(file=out, force_terminal=False), answer)
    assert "gone" in out.getvalue()
    assert "\x1b[2J" not in out.getvalue()
