"""`cicerone quarantine`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from cli.backend import Backend
    from service.curation_schemas import QuarantinedDocument, QuarantinePage
    from service.schemas import JobRead

group = typer.Typer(no_args_is_help=True, help="Review files that could not be used.")

ReasonName = Literal[
    "corrupt",
    "encrypted",
    "empty",
    "no_text",
    "little_text",
    "garbled",
    "too_large",
    "wrong_type",
    "unsupported",
    "licence_excluded",
    "timeout",
]
IdArgument = Annotated[str, typer.Argument(help="The document's id.", metavar="DOCUMENT_ID")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="quarantine")


@group.command(
    "list",
    epilog=examples("cicerone quarantine list --reason no_text", "cicerone quarantine list --json"),
)
def list_quarantine(
    ctx: typer.Context,
    reason: Annotated[ReasonName | None, typer.Option(help="Only this reason.")] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="Only this collection.")
    ] = None,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List what is in quarantine, newest first, with the reasons."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_collection

    if collection is not None:
        require_collection(collection)
    page = run_backend(
        ctx,
        lambda backend: backend.quarantine(
            reason=reason, collection=collection, limit=limit, offset=offset
        ),
    )
    Output(as_json=as_json).show(page, lambda out: _draw_page(out, page))


@group.command("show", epilog=examples("cicerone quarantine show 8c5e…"))
def show(ctx: typer.Context, document_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show why a file could not be used, and what to do."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    found = run_backend(ctx, lambda backend: backend.quarantined(document_id))
    Output(as_json=as_json).show(found, lambda out: _draw(out, found))


@group.command("release", epilog=examples("cicerone quarantine release 8c5e…"))
def release(ctx: typer.Context, document_id: IdArgument, as_json: JsonOption = False) -> None:
    """Take in a file that was only suspected; it is recorded who did."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)

    async def work(backend: "Backend") -> "JobRead":
        return await _ended(backend, await backend.release(document_id))

    job = run_backend(ctx, work)
    Output(as_json=as_json).show(job, lambda out: _draw_job(out, job))


@group.command("replace", epilog=examples("cicerone quarantine replace 8c5e… repaired.pdf"))
def replace(
    ctx: typer.Context,
    document_id: IdArgument,
    file: Annotated[
        Path, typer.Argument(help="The file to take instead.", exists=True, dir_okay=False)
    ],
    as_json: JsonOption = False,
) -> None:
    """Take in another file under the name of this one."""
    from cli.files import LocalFile
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    local = LocalFile(source=file.name, path=file.absolute())

    async def work(backend: "Backend") -> "JobRead":
        return await _ended(backend, await backend.replace(document_id, local))

    job = run_backend(ctx, work)
    Output(as_json=as_json).show(job, lambda out: _draw_job(out, job))


@group.command("drop", epilog=examples("cicerone quarantine drop 8c5e… --yes"))
def drop(
    ctx: typer.Context,
    document_id: IdArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Give a file up; an earlier version that answers stays."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    if not (yes or as_json):
        typer.confirm(f"Drop {document_id}?", abort=True, err=True)
    run_backend(ctx, lambda backend: backend.drop(document_id))
    Output(as_json=as_json).show(
        {"document_id": document_id, "dropped": True},
        lambda out: out.print(f"dropped {document_id}"),
    )


async def _ended(backend: "Backend", job: "JobRead") -> "JobRead":
    """Wait for a job: in a home without a server nobody else would do its work."""
    async for _event in backend.job_events(job.job_id):
        pass
    return await backend.job(job.job_id)


def _draw_page(out: "Console", page: "QuarantinePage") -> None:
    from cli.tables import table

    rows = table("document", "source", "collection", "reason", "message", "can be released")
    for each in page.documents:
        rows.add_row(
            each.document_id,
            each.source,
            each.collection,
            each.reason.value,
            each.message,
            "yes" if each.releasable else "no",
        )
    out.print(rows.grid)
    out.print(f"{len(page.documents)} of {page.total} files")


def _draw(out: "Console", found: "QuarantinedDocument") -> None:
    from cli.tables import table

    rows = table("field", "value")
    for name, value in found.model_dump(mode="json").items():
        rows.add_row(name, None if value is None else str(value))
    out.print(rows.grid)


def _draw_job(out: "Console", job: "JobRead") -> None:
    documents = (job.result or {}).get("documents", [])
    for each in documents:
        words = f"{each['source']}: {each['status']}. {each['message'] or ''}".rstrip()
        out.print(words, markup=False)
    if not documents:
        out.print(f"job {job.job_id}: {job.status.value}")
