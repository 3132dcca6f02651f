"""`cicerone ingest`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import CollectionOption, JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cli.files import LocalFile
    from cli.output import Output
    from service.schemas import IngestReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog=examples(
            "cicerone ingest manuals/ -c manuals",
            "cicerone ingest guide.pdf notes.md --json",
        )
    )(ingest)


def ingest(
    ctx: typer.Context,
    paths: Annotated[
        list[str],
        typer.Argument(help="Files and folders; hidden files are skipped.", metavar="PATH..."),
    ],
    collection: CollectionOption = "default",
    as_json: JsonOption = False,
) -> None:
    """Read files into a collection; unchanged files cost nothing.

    A folder's files are cited by their path below it, a single file by its name. Exits with
    1 when a file was quarantined or failed.
    """
    from cli.files import find_files
    from cli.output import Output
    from cli.wording import require_collection

    require_collection(collection)
    ingest_and_show(ctx, Output(as_json=as_json), collection, find_files(paths))


def ingest_and_show(
    ctx: typer.Context, output: "Output", collection: str, files: "Sequence[LocalFile]"
) -> None:
    """Ingest files, show what became of each, and exit with 1 unless all are fine."""
    from cli.ingesting import ingest_files, is_clean
    from cli.session import run_backend

    with output.progress() as bar:
        task = bar.add_task("ingesting", total=len(files))

        def announce(message: str, done: int) -> None:
            bar.update(task, description=message[:60], completed=done)

        report = run_backend(
            ctx, lambda backend: ingest_files(backend, collection, files, announce)
        )
    if not files:
        output.note("no files found")
    output.show(report, lambda out: draw_report(out, report))
    if not is_clean(report):
        raise typer.Exit(1)


def draw_report(out: "Console", report: "IngestReport") -> None:
    """Draw one row a file and the sums."""
    from cli.tables import table

    rows = table("file", "status", "version", "pages", "chunks", "why")
    for document in report.documents:
        rows.add_row(
            document.source,
            document.status.value,
            document.version,
            document.pages,
            document.chunks,
            " ".join(part for part in (document.reason, document.message) if part),
        )
    out.print(rows.grid)
    out.print(
        f"{len(report.documents)} files, {report.pages} pages, {report.chunks} chunks "
        f"in {report.seconds:.1f} s"
    )
