"""`cicerone eval tune`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.commands.evaluate import IndexDirOption, group, report_work
from cli.commands.suites import MlflowOption
from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from rich.console import Console


def register(app: typer.Typer) -> None:
    """Have the command in the group `eval`."""


@group.command(
    "tune",
    epilog=examples(
        "cicerone eval tune --trials 40 --output tuned.yaml",
        "cicerone eval tune --manuals manuals/ --golden questions.jsonl --index-dir kept/ --json",
    ),
)
def tune_settings(
    ctx: typer.Context,
    trials: Annotated[int, typer.Option(min=1, max=1000, help="How many settings to try.")] = 30,
    manuals: Annotated[
        Path | None, typer.Option(help="A folder of documents; the sample company's without it.")
    ] = None,
    golden: Annotated[
        Path | None, typer.Option(help="Golden questions; the sample company's without it.")
    ] = None,
    chunks: Annotated[
        str, typer.Option(help="Sizes of chunks to try, in tokens; each needs an index.")
    ] = "128,224,320",
    output: Annotated[
        Path | None, typer.Option(help="Write the setting with its proof here (YAML).")
    ] = None,
    mlflow: MlflowOption = None,
    index_dir: IndexDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search weights, k, chunk size and rerank margin; a third of the questions is held out.

    A setting is only recommended, and only written, when it is no worse on the questions that
    it was not chosen on.
    """
    from cli.output import Output
    from cli.session import read_settings
    from cli.suite_runs import chosen
    from cli.tuning import run_tuning, write_setting
    from evals.suites.tracking import record_tuning

    settings = read_settings(ctx)
    files, cases = chosen(settings, manuals, golden)
    report = report_work(
        ctx,
        lambda progress: run_tuning(
            settings,
            files,
            cases,
            trials=trials,
            chunk_sizes=_sizes(chunks),
            index_dir=index_dir,
            progress=progress,
        ),
        as_json=as_json,
        draw=_draw,
    )
    note = Output(as_json=as_json).note
    if mlflow is not None:
        note(f"recorded: {record_tuning(mlflow, report, datetime.now(UTC))}")
    if output is None:
        return
    if report["recommended"]:
        write_setting(output, report)
        note(f"setting: {output}")
    else:
        note("nothing was written: the setting in force is not beaten on what was held out")


def _sizes(text: str) -> list[int]:
    least, most = 32, 8192
    try:
        sizes = [int(part) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or not all(least <= size <= most for size in sizes):
        raise typer.BadParameter(f"give numbers of {least} to {most}", param_hint="--chunks")
    return sizes


def _draw(out: "Console", report: "Mapping[str, Any]") -> None:
    import yaml

    from cli.tables import table

    rows = table("questions", "number", "before", "after", "change", "low", "high")
    rows.add_row("tuned on", report["tuned_on"], report["before"], report["after"])
    rows.add_row("held out", report["held_out"], *report["proof"].values())
    out.print(rows.grid)
    out.print(yaml.safe_dump(report["setting"], sort_keys=False), markup=False)
    out.print("recommended" if report["recommended"] else "not recommended")
