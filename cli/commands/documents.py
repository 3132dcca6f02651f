"""`cicerone documents`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.curation_schemas import RelatedDocument
    from service.schemas import DocumentPage, DocumentRead
    from service.upkeep.shapes import DeletedPage

group = typer.Typer(no_args_is_help=True, help="List, show, delete and restore documents.")

StatusName = Literal["pending", "indexed", "unchanged", "duplicate", "quarantined", "failed"]
IdArgument = Annotated[str, typer.Argument(help="The document's id.", metavar="DOCUMENT_ID")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="documents")


@group.command(
    "list", epilog=examples("cicerone documents list -c manuals", "cicerone documents list --json")
)
def list_documents(
    ctx: typer.Context,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", help="Only this collection.")
    ] = None,
    status: Annotated[StatusName | None, typer.Option(help="Only this status.")] = None,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List documents with the state of their newest version."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_collection

    if collection is not None:
        require_collection(collection)
    page = run_backend(
        ctx,
        lambda backend: backend.documents(
            collection=collection, status=status, limit=limit, offset=offset
        ),
    )
    Output(as_json=as_json).show(page, lambda out: _draw_page(out, page))


@group.command("show", epilog=examples("cicerone documents show 8c5e… --json"))
def show_document(ctx: typer.Context, document_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one document."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    found = run_backend(ctx, lambda backend: backend.document(document_id))
    Output(as_json=as_json).show(found, lambda out: _draw_document(out, found))


@group.command("delete", epilog=examples("cicerone documents delete 8c5e… --yes"))
def delete_document(
    ctx: typer.Context,
    document_id: IdArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Delete a document; when this returns, no search finds it."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    if not (yes or as_json):
        typer.confirm(f"Delete {document_id}?", abort=True, err=True)
    run_backend(ctx, lambda backend: backend.delete_document(document_id))
    Output(as_json=as_json).show(
        {"document_id": document_id, "deleted": True},
        lambda out: out.print(f"deleted {document_id}"),
    )


@group.command(
    "deleted", epilog=examples("cicerone documents deleted", "cicerone documents deleted --json")
)
def list_deleted(
    ctx: typer.Context,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List deleted documents that can be restored, last deleted first."""
    from cli.output import Output
    from cli.session import run_backend

    page = run_backend(ctx, lambda backend: backend.upkeep.deleted(limit, offset))
    Output(as_json=as_json).show(page, lambda out: _draw_deleted(out, page))


@group.command("restore", epilog=examples("cicerone documents restore 8c5e…"))
def restore_document(
    ctx: typer.Context, document_id: IdArgument, as_json: JsonOption = False
) -> None:
    """Bring a deleted document back; when this returns, search finds it again."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    found = run_backend(ctx, lambda backend: backend.upkeep.restore(document_id))
    Output(as_json=as_json).show(found, lambda out: out.print(f"restored {found.source}"))


@group.command("purge", epilog=examples("cicerone documents purge 8c5e… --yes"))
def purge_document(
    ctx: typer.Context,
    document_id: IdArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Remove a deleted document for good: its text, its vectors and its file."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    if not (yes or as_json):
        typer.confirm(f"Remove {document_id} for good?", abort=True, err=True)
    run_backend(ctx, lambda backend: backend.upkeep.purge(document_id))
    Output(as_json=as_json).show(
        {"document_id": document_id, "purged": True},
        lambda out: out.print(f"purged {document_id}"),
    )


@group.command("related", epilog=examples("cicerone documents related 8c5e…"))
def related(ctx: typer.Context, document_id: IdArgument, as_json: JsonOption = False) -> None:
    """List near-duplicates and other editions of a document, the most alike first."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id

    require_document_id(document_id)
    found = run_backend(ctx, lambda backend: backend.related(document_id))
    Output(as_json=as_json).show(
        {"related": [each.model_dump(mode="json") for each in found]},
        lambda out: _draw_related(out, found),
    )


@group.command(
    "set",
    epilog=examples(
        "cicerone documents set 8c5e… --public", "cicerone documents set 8c5e… --product BX-2"
    ),
)
def set_document(
    ctx: typer.Context,
    document_id: IdArgument,
    public: Annotated[
        bool | None,
        typer.Option("--public/--not-public", help="Whether the public finds it."),
    ] = None,
    product: Annotated[str | None, typer.Option(help="The product that it is about.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say whether the public finds a document, and which product it is about."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_document_id
    from service.curation_schemas import DocumentBody

    require_document_id(document_id)
    body = DocumentBody(is_public=public, product=product)
    found = run_backend(ctx, lambda backend: backend.change_document(document_id, body))
    Output(as_json=as_json).show(found, lambda out: _draw_document(out, found))


def _draw_page(out: "Console", page: "DocumentPage") -> None:
    from cli.tables import table

    rows = table("document", "source", "collection", "status", "version", "pages", "chunks")
    for item in page.documents:
        rows.add_row(
            item.document_id,
            item.source,
            item.collection,
            item.status.value,
            item.version,
            item.pages,
            item.chunks,
        )
    out.print(rows.grid)
    out.print(f"{len(page.documents)} of {page.total} documents")


def _draw_related(out: "Console", found: "Sequence[RelatedDocument]") -> None:
    from cli.tables import table

    rows = table("document", "source", "kind", "is the", "jaccard", "containment", "replaces")
    for each in found:
        rows.add_row(
            each.document_id,
            each.source,
            each.kind.value,
            "newer" if each.newer else "older",
            each.jaccard,
            each.containment,
            "yes" if each.replaces else "no",
        )
    out.print(rows.grid)


def _draw_deleted(out: "Console", page: "DeletedPage") -> None:
    from cli.tables import table

    rows = table("document", "source", "collection", "deleted", "until")
    for item in page.documents:
        until = item.purge_after
        rows.add_row(
            item.document_id,
            item.source,
            item.collection,
            item.deleted_at.isoformat(sep=" ", timespec="seconds"),
            until and until.isoformat(sep=" ", timespec="seconds"),
        )
    out.print(rows.grid)
    out.print(f"{len(page.documents)} of {page.total} deleted documents")


def _draw_document(out: "Console", document: "DocumentRead") -> None:
    from cli.tables import table

    rows = table("field", "value")
    for name, value in document.model_dump(mode="json").items():
        rows.add_row(name, None if value is None else str(value))
    out.print(rows.grid)
