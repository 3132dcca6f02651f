"""`cicerone collections`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.curation_schemas import CollectionRead

group = typer.Typer(no_args_is_help=True, help="List collections and set their policies.")

PolicyName = Literal["keep_all", "skip", "keep_newest"]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="collections")


@group.command("list", epilog=examples("cicerone collections list --json"))
def list_collections(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """List the collections with their policy on duplicates and their licence."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.collections())
    Output(as_json=as_json).show(
        {"collections": [each.model_dump(mode="json") for each in found]},
        lambda out: _draw(out, found),
    )


@group.command("set-policy", epilog=examples("cicerone collections set-policy manuals keep_newest"))
def set_policy(
    ctx: typer.Context,
    collection: Annotated[str, typer.Argument(help="The collection's name.")],
    policy: Annotated[
        PolicyName,
        typer.Argument(
            help="keep_all: everything answers; skip: near-duplicates are not taken "
            "in; keep_newest: only the newest edition answers."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Say what is done with documents that resemble each other; it holds at once."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_collection

    require_collection(collection)
    found = run_backend(ctx, lambda backend: backend.set_policy(collection, policy))
    Output(as_json=as_json).show(found, lambda out: _draw(out, [found]))


def _draw(out: "Console", collections: "Sequence[CollectionRead]") -> None:
    from cli.tables import table

    rows = table("collection", "duplicates", "licence")
    for each in collections:
        rows.add_row(each.name, each.duplicate_policy.value, each.licence)
    out.print(rows.grid)
