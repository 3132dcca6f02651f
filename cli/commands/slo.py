"""`cicerone slo`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.metrics.objectives import SloRead


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("cicerone slo", "cicerone slo --json", "cicerone slo --gate"))(slo)


def slo(
    ctx: typer.Context,
    gate: Annotated[
        bool, typer.Option("--gate", help="Exit with 1 when an objective is not met.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is promised, what was measured, and what is left of the error budgets."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.traces.objectives())
    Output(as_json=as_json).show(found, lambda out: _draw(out, found))
    if gate and not found.met:
        raise typer.Exit(1)


def _draw(out: "Console", found: "SloRead") -> None:
    from cli.tables import table

    rows = table("objective", "target", "measured", "events", "budget left", "result", "meaning")
    for each in found.objectives:
        measured = each.measured
        left = each.budget_left
        rows.add_row(
            each.name,
            f"{each.target:.2%}",
            "nothing yet" if measured is None else f"{measured:.2%}",
            each.total,
            None if left is None else f"{left:.0%}",
            "pass" if each.met else "fail",
            each.meaning,
        )
    out.print(rows.grid)
    out.print(f"over the last {found.window_days} days")
