"""`cicerone eval durability`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.commands.evaluate import group
from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def register(_: typer.Typer) -> None:
    """Add the command to `cicerone eval`."""
    group.command(
        "durability",
        epilog=examples(
            "cicerone eval durability --manuals manuals/ --runs 100 --json",
            "cicerone eval durability --manuals manuals/ --embedder hashing --point database",
        ),
    )(evaluate_durability)


def evaluate_durability(
    ctx: typer.Context,
    manuals: Annotated[Path, typer.Option(help="A folder of documents.")],
    runs: Annotated[int, typer.Option(min=1, help="How many disturbed runs.")] = 10,
    kills: Annotated[int, typer.Option(min=1, max=20, help="Most kills in a run.")] = 3,
    seed: Annotated[int, typer.Option(help="Chooses the moments.")] = 1,
    embedder: Annotated[
        str | None, typer.Option(help="Another embedder; `hashing` is quick and needs no model.")
    ] = None,
    point: Annotated[
        list[str] | None,
        typer.Option(
            help="What kills come after: any_time, database, checkpoints, objects, vectors; all "
            "of them in turn without it."
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Kill servers while they ingest, let others finish, and compare with an undisturbed run.

    Kills come at uniformly random times and right after writes of each store. Exits with 1
    when documents, chunks or vectors differ.
    """
    import anyio

    from cli.durability import run_durability
    from cli.files import find_files
    from cli.output import Output
    from cli.session import quiet, read_settings
    from service.settings import PluginSettings

    settings = read_settings(ctx)
    if embedder is not None:
        settings = settings.model_copy(update={"embedder": PluginSettings(plugin=embedder)})
    quiet(settings)
    output, points = Output(as_json=as_json), _points(point)
    with output.progress() as bar:
        task = bar.add_task("preparing", total=runs)

        def say(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        async def main() -> "dict[str, Any]":
            return await run_durability(
                settings,
                find_files([str(manuals)]),
                runs=runs,
                kills=kills,
                seed=seed,
                points=points,
                say=say,
            )

        report = anyio.run(main)
    output.show(report, lambda out: _draw(out, report))
    if report["equal"] < report["runs"]:
        raise typer.Exit(1)


def _points(names: list[str] | None) -> "list[Any]":
    from cli.problems import UsageProblemError
    from evals.durability.moments import Point

    known = [point.value for point in Point]
    for name in names or []:
        if name not in known:
            raise UsageProblemError(f"--point: {name!r} is none of {', '.join(known)}")
    return [Point(name) for name in names or known]


def _draw(out: "Console", report: "Mapping[str, Any]") -> None:
    from cli.tables import table

    rows = table("figure", "value")
    for name, value in report.items():
        if isinstance(value, dict):
            for key, item in value.items():
                rows.add_row(f"{name} {key}", item)
        elif not isinstance(value, list):
            rows.add_row(name, value)
    out.print(rows.grid)
    if report["differences"]:
        listed = table("run", "difference")
        for entry in report["differences"]:
            listed.add_row(entry["run"], entry["difference"])
        out.print(listed.grid)
