"""`cicerone guards`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.guard_schemas import VerdictPage

group = typer.Typer(no_args_is_help=True, help="See what guards decided.")

StageName = Literal["question", "passage", "answer"]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="guards")


@group.command(
    "verdicts",
    epilog=examples(
        "cicerone guards verdicts -n 20",
        "cicerone guards verdicts --rule injection --stage passage --json",
    ),
)
def list_verdicts(
    ctx: typer.Context,
    stage: Annotated[StageName | None, typer.Option(help="Where in the run.")] = None,
    rule: Annotated[
        str | None, typer.Option(help="A rule, or a family of rules such as injection.")
    ] = None,
    action: Annotated[str | None, typer.Option(help="Such as block.")] = None,
    trace: Annotated[str | None, typer.Option(help="Only this trace id.")] = None,
    conversation: Annotated[str | None, typer.Option(help="Only this conversation.")] = None,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List what guards decided, newest first; texts are not kept."""
    from cli.output import Output
    from cli.session import run_backend
    from data.values import VerdictFilter

    wanted = VerdictFilter(
        stage=stage, rule=rule, action=action, trace_id=trace, conversation_id=conversation
    )
    page = run_backend(ctx, lambda backend: backend.guards.verdicts(wanted, limit, offset))
    Output(as_json=as_json).show(page, lambda out: _draw(out, page))


def _draw(out: "Console", page: "VerdictPage") -> None:
    from cli.tables import table

    rows = table("when", "stage", "rule", "action", "score", "message", "document", "trace")
    for each in page.verdicts:
        rows.add_row(
            each.created_at.isoformat(sep=" ", timespec="seconds"),
            each.stage,
            each.rule,
            each.action,
            f"{each.score:.2f}",
            each.message,
            each.document_id,
            each.trace_id,
        )
    out.print(rows.grid)
    out.print(f"{len(page.verdicts)} of {page.total} verdicts")
