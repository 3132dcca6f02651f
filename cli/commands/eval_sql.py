"""`cicerone eval sql-…`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from evals.sql_tenants.comparing import TenantReport


def extend(group: typer.Typer) -> None:
    """Add the commands."""
    group.command(
        "sql-tenants",
        epilog=examples(
            "cicerone eval sql-tenants --cases 10000", "cicerone eval sql-tenants --seed 3 --json"
        ),
    )(evaluate_tenants)


def evaluate_tenants(
    cases: Annotated[int, typer.Option(min=1, help="How many statements to make.")] = 500,
    seed: Annotated[int, typer.Option(help="Other statements for another number.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """Let generated statements try to see other tenants' rows in a database made for it.

    Each is run guarded among three tenants and plain where only one lives; the results must be
    the same. Exits with 1 when a row is foreign or missing.
    """
    from dataclasses import asdict

    import anyio

    from cli.output import Output
    from evals.sql_tenants.comparing import run

    output = Output(as_json=as_json)
    with output.progress() as bar:
        task = bar.add_task("comparing", total=cases)
        found = anyio.run(run, cases, seed, lambda done: bar.update(task, completed=done))
    document: dict[str, Any] = asdict(found)
    output.show(document, lambda out: _draw(out, found))
    if found.foreign or found.different:
        raise typer.Exit(1)


def _draw(out: "Console", found: "TenantReport") -> None:
    from cli.tables import table

    rows = table("statements", "refused", "failed on both", "rows", "foreign", "different")
    rows.add_row(
        found.cases, found.refused, found.failed, found.rows, found.foreign, found.different
    )
    out.print(rows.grid)
    for one in found.examples:
        out.print(f"{one['why']}: {one['sql']}", markup=False)
