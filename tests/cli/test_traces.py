"""Traces and objectives on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from examples.shop.making import POLICY, make_shop

Cli = Callable[..., Any]


def test_what_was_asked_is_listed_shown_and_run_again(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "brisk.md"
    path.write_text("# Brisk\n\n## Descaling\n\nDescale the kettle every 60 days.\n")
    assert cli("ingest", str(path)).code == 0
    asked = cli("ask", "How often should I descale the kettle?", "--json").json()
    trace_id = asked["trace_id"]
    listed = cli("traces", "list", "--graph", "query", "--json").json()
    assert [trace["trace_id"] for trace in listed["traces"]] == [trace_id]
    tree = cli("traces", "show", trace_id)
    assert tree.code == 0
    lines = [line.lstrip("│ ├─└") for line in tree.out.splitlines()]
    assert any(line.startswith("embedder.embed") for line in lines)
    assert any(line.startswith("model.synthesize") and "synthesize v" in line for line in lines)
    again = cli("traces", "replay", trace_id, "--prompts", "recorded")
    assert again.code == 0
    assert "masked record" in again.out and "no difference" in again.out
    assert cli("traces", "show", "0" * 32).code != 0
    report = cli("slo", "--json").json()
    assert {each["name"] for each in report["objectives"]} >= {
        "answers.availability",
        "ingestion.freshness",
    }
    assert "answers.latency" in cli("slo", "--gate").out


def test_a_question_to_a_database_is_listed_and_shown(cli: Cli, tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop.sqlite")
    add = ("datasources", "add", "shop", "--url", f"sqlite:///{shop}", "--policy", str(POLICY))
    assert cli(*add).code == 0
    asked = cli("sql", "How many customers are there?", "--datasource", "shop", "--json").json()
    listed = cli("traces", "list", "--graph", "text_to_sql", "--json").json()
    (trace,) = listed["traces"]
    assert trace["trace_id"] == asked["trace_id"]
    assert (trace["asked"], trace["state"]) == ("How many customers are there?", "ok")
    tree = cli("traces", "show", asked["trace_id"])
    assert "How many customers are there?" in tree.out
    lines = [line.lstrip("│ ├─└") for line in tree.out.splitlines()]
    shown = [line.split()[0] for line in lines if line]
    assert [name for name in ("recall", "validate", "execute", "answer") if name not in shown] == []
    # It holds no question to documents that could be asked again.
    assert cli("traces", "replay", asked["trace_id"]).code != 0
