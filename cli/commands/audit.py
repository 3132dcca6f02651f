"""`cicerone audit`."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.upkeep.shapes import AuditPage

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone audit -n 20",
            "cicerone audit --document 8c5e… --json",
            "cicerone audit --action document.deleted --since 2026-11-01",
            "cicerone audit --since 2026-11-01 --until 2026-12-01 --export",
        )
    )(audit)


def audit(
    ctx: typer.Context,
    action: Annotated[str | None, typer.Option(help="Such as document.deleted.")] = None,
    document: Annotated[str | None, typer.Option(help="Only this document's id.")] = None,
    subject: Annotated[str | None, typer.Option(help="Only what this one did.")] = None,
    trace: Annotated[str | None, typer.Option(help="Only this trace id.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="From then on; UTC without a zone.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="Before then; UTC without a zone.")
    ] = None,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    export: Annotated[
        bool, typer.Option("--export", help="Write all of it as JSON lines into an object.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show who did what, newest first; every read and write of documents is in it."""
    from cli.output import Output
    from cli.session import run_backend
    from data.values import AuditFilter

    wanted = AuditFilter(
        action=action,
        document_id=document,
        subject=subject,
        trace_id=trace,
        since=in_utc(since),
        until=in_utc(until),
    )
    output = Output(as_json=as_json)
    if export:
        written = run_backend(ctx, lambda backend: backend.upkeep.export_audit(wanted))
        text = f"{written.events} events written to {written.object_key}"
        output.show(written, lambda out: out.print(text))
        return
    page = run_backend(ctx, lambda backend: backend.upkeep.audit(wanted, limit, offset))
    output.show(page, lambda out: _draw(out, page))


def in_utc(moment: datetime | None) -> datetime | None:
    """Return a moment with a zone; one without is meant as UTC."""
    from datetime import UTC

    if moment is None or moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC)


def _draw(out: "Console", page: "AuditPage") -> None:
    from cli.tables import table

    rows = table("when", "who", "action", "document", "target", "trace")
    for event in page.events:
        rows.add_row(
            event.created_at.isoformat(sep=" ", timespec="seconds"),
            event.subject,
            event.action,
            event.document_id,
            event.target if event.target != event.document_id else None,
            event.trace_id,
        )
    out.print(rows.grid)
    out.print(f"{len(page.events)} of {page.total} events")
