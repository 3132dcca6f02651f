"""`cicerone reconcile` and `cicerone lifecycle`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.upkeep.shapes import ReconcileReport


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        epilog=examples(
            "cicerone reconcile",
            "cicerone reconcile --repair",
            "cicerone reconcile -c manuals --json",
        )
    )(reconcile)
    app.command(epilog=examples("cicerone lifecycle", "cicerone lifecycle --json"))(lifecycle)


def reconcile(
    ctx: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend what differs; work in progress is left alone.")
    ] = False,
    collection: Annotated[
        str | None,
        typer.Option("--collection", "-c", help="Only the indexes of this collection."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare database, vector store and object store; exits with 1 when they differ."""
    from cli.following import run_job
    from cli.output import Output
    from service.upkeep.shapes import ReconcileReport, ReconcileRequest

    wanted = ReconcileRequest(repair=repair, collection=collection)
    output = Output(as_json=as_json)
    job = run_job(ctx, lambda backend: backend.upkeep.reconcile(wanted), output, "comparing")
    report = ReconcileReport.model_validate(job.result)
    output.show(report, lambda out: _draw(out, report))
    if not (report.clean or repair):
        raise typer.Exit(1)


def lifecycle(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Move old originals into cold storage; remove what can be made again, and old indexes."""
    from cli.following import run_job
    from cli.output import Output
    from service.upkeep.shapes import LifecycleReport

    output = Output(as_json=as_json)
    job = run_job(ctx, lambda backend: backend.upkeep.lifecycle(), output, "tidying")
    report = LifecycleReport.model_validate(job.result)
    text = (
        f"{report.cooled} originals put into cold storage, {report.derived_removed} derived "
        f"objects removed, {report.indexes_dropped} indexes dropped, {report.failed} failed"
    )
    output.show(report, lambda out: out.print(text))


def _draw(out: "Console", report: "ReconcileReport") -> None:
    from cli.tables import table

    rows = table(
        "collection", "index", "live", "vectors", "chunks", "orphans", "missing", "in work"
    )
    for index in report.indexes:
        rows.add_row(
            index.collection,
            index.index,
            "yes" if index.live else "",
            index.vectors,
            index.chunks,
            index.orphans,
            index.missing,
            index.in_work,
        )
    out.print(rows.grid)
    objects = report.objects
    out.print(
        f"{objects.objects} objects: {objects.unknown} unknown, {objects.gone} gone, "
        f"{objects.left_over} left over, {objects.lost} originals lost"
    )
    if report.unreferenced:
        out.print(f"{len(report.unreferenced)} indexes that no collection has")
    done = "what differed was mended" if report.repaired else "--repair mends it"
    out.print("the stores agree" if report.clean else f"the stores differ; {done}")
