"""`cicerone eval routing`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.evaluate import IndexDirOption, group, report_work
from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rich.console import Console


def register(_: typer.Typer) -> None:
    """Add the command to the group of evaluations."""
    group.command(
        "routing",
        epilog=examples(
            "cicerone eval routing", "cicerone eval routing --set questions.jsonl --json"
        ),
    )(evaluate_routing)


def evaluate_routing(
    ctx: typer.Context,
    questions: Annotated[
        Path | None,
        typer.Option(
            "--set",
            help='Lines {"id", "question", "language", "expected"}, the last one of documents, '
            "database, either, abstain, clarify; the project's own without it.",
        ),
    ] = None,
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the agent about the sample company: does each question go where it should?"""
    from cli.routing import run_routing
    from cli.session import read_settings

    settings = read_settings(ctx)
    report_work(
        ctx,
        lambda progress: run_routing(settings, questions, index_dir, progress),
        as_json=as_json,
        draw=_draw,
    )


def _draw(out: "Console", document: "Mapping[str, Any]") -> None:
    from cli.tables import table

    rows = table("class", "questions", "precision", "recall")
    for name, figures in document["classes"].items():
        rows.add_row(name, *figures.values())
    out.print(rows.grid)
    came = ("documents", "database", "abstain", "clarify")
    confusion = table("expected", *came)
    for name, row in document["confusion"].items():
        confusion.add_row(name, *(row.get(one, 0) for one in came))
    out.print(confusion.grid)
    if document["mistakes"]:
        listed = table("question", "what went wrong")
        for mistake in document["mistakes"]:
            listed.add_row(mistake["question"], mistake["what"])
        out.print(listed.grid)
    out.print(f"accuracy {document['accuracy']:.3f} of {document['questions']} questions")
