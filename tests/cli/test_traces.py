"""Traces and objectives on the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
