"""`cicerone eval guards`, `support` and `likeness`: how well labelled texts are judged."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.evaluate import group, warn
from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from evals.support.scoring import Score


def register(_: typer.Typer) -> None:
    """Have the commands of this module in the group `eval`."""


@group.command(
    "guards",
    epilog=examples(
        "cicerone eval guards", "cicerone eval guards --set evals/guards/acceptance.jsonl --json"
    ),
)
def evaluate_guards(
    ctx: typer.Context,
    attempts: Annotated[
        Path | None,
        typer.Option(
            "--set",
            help='Lines {"id", "kind": attack|harmless, "where": question|document, '
            '"language", "text"}; the development set without it.',
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge labelled attempts: how many attacks are caught, how many alarms are false?"""
    import anyio

    from cli.guarding import run_guards
    from cli.output import Output
    from cli.session import quiet, read_settings
    from evals.guards.scoring import DEVELOPMENT, load_attempts

    settings, rows = read_settings(ctx), load_attempts(attempts or DEVELOPMENT)
    quiet(settings)
    found = anyio.run(run_guards, settings, rows)
    output = Output(as_json=as_json)
    warn(output, found)
    output.show(found, lambda out: _draw_guards(out, found))


def _draw_guards(out: "Console", document: "Mapping[str, Any]") -> None:
    from cli.tables import table

    rows = table("group", "attacks", "caught", "harmless", "false alarms")
    groups = {"all": document, **document["languages"], **document["where"]}
    for name, rates in groups.items():
        rows.add_row(
            name, rates["attacks"], rates["caught"], rates["harmless"], rates["false_alarms"]
        )
    out.print(rows.grid)


@group.command("support", epilog=examples("cicerone eval support", "cicerone eval support --json"))
def evaluate_support(
    pairs: Annotated[
        Path | None, typer.Option(help="Labelled pairs; the project's own without it.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score labelled sentences: how well is it told whether a passage supports them?"""
    from cli.output import Output
    from evals.support.scoring import PAIRS, load_pairs, report

    labelled = load_pairs(pairs or PAIRS)
    found = report(labelled)
    document = {
        "pairs": len(labelled),
        "rules": {name: _rates(score) for name, score in found.rules.items()},
        "overlap": {name: _rates(score) for name, score in found.overlap.items()},
        "overlap_threshold": found.overlap_threshold,
    }
    Output(as_json=as_json).show(document, lambda out: _draw_support(out, document))


@group.command(
    "likeness",
    epilog=examples("cicerone eval likeness", "cicerone eval likeness --threshold 0.8 --json"),
)
def evaluate_likeness(
    ctx: typer.Context,
    pairs: Annotated[
        Path | None, typer.Option(help="Labelled pairs of questions; the project's own without it.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Only this cosine.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Score pairs of questions: which would share an answer of the semantic cache?"""
    import anyio

    from cli.likening import run_likeness
    from cli.output import Output
    from cli.session import read_settings

    document = anyio.run(run_likeness, read_settings(ctx), pairs, threshold)
    Output(as_json=as_json).show(document, lambda out: _draw_likeness(out, document))


def _draw_likeness(out: "Console", document: "Mapping[str, Any]") -> None:
    from cli.tables import table

    out.print(f"{document['pairs']} pairs, {document['embedder']}", markup=False)
    rows = table("split", "cosine", "same", "hit", "by vectors", "others", "hit", "by vectors")
    for row in document["rates"]:
        rows.add_row(*row.values())
    out.print(rows.grid)


def _rates(score: "Score") -> dict[str, float]:
    rates = {
        "precision": score.precision,
        "recall": score.recall,
        "f1": score.f1,
        "accuracy": score.accuracy,
    }
    return {"pairs": score.pairs, **{name: round(rate, 4) for name, rate in rates.items()}}


def _draw_support(out: "Console", document: "Mapping[str, Any]") -> None:
    from cli.tables import table

    rows = table("group", "pairs", "precision", "recall", "F1", "accuracy", "F1 of word overlap")
    for name, rates in document["rules"].items():
        baseline = document["overlap"][name]["f1"]
        rows.add_row(name, *rates.values(), baseline)
    out.print(rows.grid)
