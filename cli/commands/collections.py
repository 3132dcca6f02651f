"""`cicerone collections`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.curation_schemas import CollectionRead
    from service.guard_schemas import GuardsRead

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


@group.command(
    "guards",
    epilog=examples(
        "cicerone collections guards manuals",
        "cicerone collections guards manuals --set injection=block --set pii=redact",
        "cicerone collections guards manuals --topic 'coffee machines' --topic 'descaling'",
        "cicerone collections guards manuals --set pii= --no-topics",
    ),
)
def set_guards(
    ctx: typer.Context,
    collection: Annotated[str, typer.Argument(help="The collection's name.")],
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="FAMILY=block|redact|flag|off; nothing after the sign gives it back to the "
            "settings. Families: injection, instructions, secrets, pii, off_topic, language.",
        ),
    ] = None,
    topics: Annotated[
        list[str] | None,
        typer.Option("--topic", help="What it is about; other questions are off topic."),
    ] = None,
    no_topics: Annotated[bool, typer.Option("--no-topics", help="Forget the topics.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the guards of a collection, or change them for the next question."""
    from cli.key_values import read_guards
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_collection

    require_collection(collection)
    body = read_guards(policies or (), topics, forget=no_topics)
    found = run_backend(
        ctx,
        lambda backend: (
            backend.guards.show(collection)
            if body is None
            else backend.guards.change(collection, body)
        ),
    )
    Output(as_json=as_json).show(found, lambda out: _draw_guards(out, found))


def _draw_guards(out: "Console", found: "GuardsRead") -> None:
    from cli.tables import table

    rows = table("family", "policy", "set by")
    for family, action in found.policies.items():
        rows.add_row(
            family.value, action.value, "collection" if family in found.own else "settings"
        )
    out.print(rows.grid)
    out.print(f"topics: {', '.join(found.topics) or 'none'}", markup=False)


def _draw(out: "Console", collections: "Sequence[CollectionRead]") -> None:
    from cli.tables import table

    rows = table("collection", "duplicates", "licence")
    for each in collections:
        rows.add_row(each.name, each.duplicate_policy.value, each.licence)
    out.print(rows.grid)
