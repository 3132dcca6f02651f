"""`cicerone doctor`."""

from typing import TYPE_CHECKING

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.schemas import HealthReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=examples("cicerone doctor", "cicerone doctor --json"))(doctor)


def doctor(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Check every capability; exits with 1 when no question can be answered."""
    from cli.output import Output
    from cli.session import run_backend
    from providers.types import Status

    report = run_backend(ctx, lambda backend: backend.health())
    Output(as_json=as_json).show(report, lambda out: _draw(out, report))
    if report.status is Status.UNAVAILABLE:
        raise typer.Exit(1)


def _draw(out: "Console", report: "HealthReport") -> None:
    from cli.tables import table

    rows = table("capability", "plugin", "status", "model", "detail")
    for name, part in report.capabilities.items():
        rows.add_row(name, part.plugin, part.status.value, part.model, part.detail)
    out.print(rows.grid)
    out.print(f"Cicerone {report.version} is {report.status.value}")
