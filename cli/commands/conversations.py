"""`cicerone conversations`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from service.conversation_schemas import ConversationFull, ConversationRead

group = typer.Typer(
    name="conversations", no_args_is_help=True, help="Look at, keep and delete conversations."
)
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The conversation's id.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(group)


@group.command(
    "list",
    epilog=examples(
        "cicerone conversations list",
        "cicerone conversations list --search kettle --json",
        "cicerone conversations list --deleted",
    ),
)
def list_conversations(
    ctx: typer.Context,
    search: Annotated[str | None, typer.Option(help="Stands in a title or a message.")] = None,
    deleted: Annotated[bool, typer.Option("--deleted", help="Those to be restored.")] = False,
    everybody: Annotated[
        bool, typer.Option("--everybody", help="Those of the whole tenant.")
    ] = False,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List conversations, the one that moved last first."""
    from cli.output import Output
    from cli.session import run_backend

    page = run_backend(
        ctx,
        lambda backend: backend.conversations.page(
            text=search, deleted=deleted, everybody=everybody, limit=limit, offset=offset
        ),
    )

    def draw(out: "Console") -> None:
        _draw(out, page.conversations)
        out.print(f"{len(page.conversations)} of {page.total} conversations")

    Output(as_json=as_json).show(page, draw)


@group.command("show", epilog=examples("cicerone conversations show kitchen-2"))
def show_conversation(
    ctx: typer.Context, conversation_id: IdArgument, as_json: JsonOption = False
) -> None:
    """Show what was asked and answered."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_conversation_id

    require_conversation_id(conversation_id)
    found = run_backend(ctx, lambda backend: backend.conversations.show(conversation_id))
    Output(as_json=as_json).show(found, lambda out: _draw_turns(out, found))


@group.command(
    "rename", epilog=examples("cicerone conversations rename kitchen-2 'Descaling the kettle'")
)
def rename_conversation(
    ctx: typer.Context,
    conversation_id: IdArgument,
    title: Annotated[str, typer.Argument(help="Its new title.")],
    as_json: JsonOption = False,
) -> None:
    """Give a conversation another title."""
    from cli.output import Output
    from cli.problems import UsageProblemError
    from cli.session import run_backend
    from cli.wording import require_conversation_id
    from service.conversation_schemas import MAX_TITLE_CHARS

    require_conversation_id(conversation_id)
    if not 1 <= len(title.strip()) <= MAX_TITLE_CHARS:
        raise UsageProblemError(f"a title has 1 to {MAX_TITLE_CHARS} characters")
    found = run_backend(
        ctx, lambda backend: backend.conversations.rename(conversation_id, title.strip())
    )
    Output(as_json=as_json).show(found, lambda out: _draw(out, [found]))


@group.command(
    "export",
    epilog=examples(
        "cicerone conversations export kitchen-2 > kitchen.md",
        "cicerone conversations export kitchen-2 --format json --output kitchen.json",
    ),
)
def export_conversation(
    ctx: typer.Context,
    conversation_id: IdArgument,
    form: Annotated[
        Literal["markdown", "json"], typer.Option("--format", "-f", help="Of the file.")
    ] = "markdown",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", dir_okay=False, help="Write it there.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a conversation with its citations, to standard output or into a file."""
    import sys

    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_conversation_id
    from service.conversation_schemas import ExportFormat

    require_conversation_id(conversation_id)
    wanted = ExportFormat.JSON if as_json and output is None else ExportFormat(form)
    text = run_backend(ctx, lambda backend: backend.conversations.export(conversation_id, wanted))
    if output is None:
        sys.stdout.write(text)
        return
    output.write_text(text, encoding="utf-8")
    done = {"conversation_id": conversation_id, "file": str(output)}
    Output(as_json=as_json).show(done, lambda out: out.print(f"Written to {output}", markup=False))


@group.command("delete", epilog=examples("cicerone conversations delete kitchen-2"))
def delete_conversation(
    ctx: typer.Context, conversation_id: IdArgument, as_json: JsonOption = False
) -> None:
    """Delete a conversation; it can be restored."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_conversation_id

    require_conversation_id(conversation_id)
    run_backend(ctx, lambda backend: backend.conversations.delete(conversation_id))
    Output(as_json=as_json).show(
        {"conversation_id": conversation_id, "deleted": True},
        lambda out: out.print(f"Deleted {conversation_id}", markup=False),
    )


@group.command("restore", epilog=examples("cicerone conversations restore kitchen-2"))
def restore_conversation(
    ctx: typer.Context, conversation_id: IdArgument, as_json: JsonOption = False
) -> None:
    """Bring a deleted conversation back."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.wording import require_conversation_id

    require_conversation_id(conversation_id)
    found = run_backend(ctx, lambda backend: backend.conversations.restore(conversation_id))
    Output(as_json=as_json).show(found, lambda out: _draw(out, [found]))


def _draw(out: "Console", conversations: "Sequence[ConversationRead]") -> None:
    from cli.tables import table

    rows = table("conversation", "title", "messages", "who", "last")
    for each in conversations:
        rows.add_row(
            each.conversation_id,
            each.title,
            each.messages,
            each.subject,
            each.updated_at.isoformat(sep=" ", timespec="seconds"),
        )
    out.print(rows.grid)


def _draw_turns(out: "Console", found: "ConversationFull") -> None:
    from rich.text import Text

    from cli.wording import excerpt, place, printable

    out.print(Text(printable(found.title), style="bold"))
    for turn in found.turns:
        out.print(Text(f"\n{turn.role}", style="cyan"))
        out.print(Text(printable(turn.content)))
        for citation in turn.citations:
            where = place(citation.source, citation.page, citation.heading_path)
            out.print(Text(f"[{citation.marker}] {where}: “{excerpt(citation.quote, 120)}”"))
