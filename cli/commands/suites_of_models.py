"""`cicerone eval judge`, `embeddings` and `weights`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.evaluate import group, report_work
from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rich.console import Console

    from cli.evaluating import Progress


def register(app: typer.Typer) -> None:
    """Have the commands of this module in the group `eval`."""


@group.command(
    "judge", epilog=examples("cicerone eval judge", "cicerone eval judge --limit 50 --json")
)
def calibrate_judge(
    ctx: typer.Context,
    pairs: Annotated[
        Path | None, typer.Option(help="Labelled pairs; the project's own without it.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most pairs to judge.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Let the model of the role `judge` judge labelled pairs: kappa, alpha, nonsense."""
    from cli.judging import run_judge
    from cli.session import read_settings
    from evals.support.scoring import PAIRS, load_pairs

    settings, rows = read_settings(ctx), load_pairs(pairs or PAIRS)[:limit]
    report_work(ctx, lambda progress: run_judge(settings, rows, progress), as_json=as_json)


@group.command(
    "embeddings",
    epilog=examples(
        "cicerone eval embeddings --save vectors.npy",
        "cicerone eval embeddings --before vectors.npy --json",
    ),
)
def check_embeddings(
    ctx: typer.Context,
    golden: Annotated[
        Path | None, typer.Option(help="Questions with quotes; the sample company's without it.")
    ] = None,
    parallel: Annotated[
        Path | None, typer.Option(help="Questions in two languages; the project's without it.")
    ] = None,
    before: Annotated[
        Path | None, typer.Option(help="Vectors of an earlier version, to see the drift.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the vectors here (.npy).")] = None,
    as_json: JsonOption = False,
) -> None:
    """Judge the embedder: hit rate, MRR, two languages, norms; exits with 1 when it is unfit."""
    from cli.embedding_checks import run_checkpoint
    from cli.session import read_settings
    from examples.company import QUESTIONS

    settings = read_settings(ctx)
    report = report_work(
        ctx,
        lambda _: run_checkpoint(settings, golden or QUESTIONS, parallel, before, save),
        as_json=as_json,
    )
    if not report["passed"] or not report.get("drift", {}).get("may_mix", True):
        raise typer.Exit(1)


@group.command(
    "weights", epilog=examples("cicerone eval weights --beir scifact/ --split dev --json")
)
def compare_weights(
    ctx: typer.Context,
    beir: Annotated[Path, typer.Option(help="A folder in the BEIR layout.")],
    split: Annotated[str, typer.Option(help="Which judgements: qrels/SPLIT.tsv.")] = "test",
    as_json: JsonOption = False,
) -> None:
    """Compare 8-bit with full weights: nDCG@10 and speed; 8-bit may lose half a point."""
    from cli import embedding_checks
    from cli.session import read_settings
    from evals.beir import load_retrieval_set

    settings, dataset = read_settings(ctx), load_retrieval_set(beir, split)

    async def work(progress: "Progress") -> "Mapping[str, Any]":
        return await embedding_checks.compare_weights(settings, dataset, progress)

    report_work(ctx, work, as_json=as_json, draw=_draw_weights)


def _draw_weights(out: "Console", report: "Mapping[str, Any]") -> None:
    from cli.tables import table

    rows = table("weights", *next(iter(report["weights"].values())))
    for name, figures in report["weights"].items():
        rows.add_row(name, *figures.values())
    out.print(rows.grid)
    out.print(f"8-bit weights lose {report['lost']:.4f}; recommended: {report['recommended']}")
