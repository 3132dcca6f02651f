"""`cicerone traces`."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.commands.audit import MOMENTS, in_utc
from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.tracing.schemas import ReplayRead, TracePage

group = typer.Typer(no_args_is_help=True, help="See what runs did, and run them again.")

StateName = Literal["ok", "stopped", "failed"]
PromptsName = Literal["today", "recorded"]
TraceArgument = Annotated[str, typer.Argument(help="The trace id, as answers and lists show it.")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="traces")


@group.command(
    "list",
    epilog=examples(
        "cicerone traces list -n 20",
        "cicerone traces list --graph query --min-ms 500 --since 2026-11-01",
        "cicerone traces list --state failed --json",
        "cicerone traces list --text descale",
    ),
)
def list_traces(
    ctx: typer.Context,
    graph: Annotated[str | None, typer.Option(help="Such as query, search or ingest.")] = None,
    state: Annotated[StateName | None, typer.Option(help="How it ended.")] = None,
    min_ms: Annotated[
        float | None, typer.Option("--min-ms", min=0, help="At least this slow.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Part of what was asked.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="From then on; UTC without a zone.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=MOMENTS, help="Before then; UTC without a zone.")
    ] = None,
    limit: LimitOption = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many rows to leave out.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List what ran, newest first; personal data is masked before anything is kept."""
    from cli.output import Output
    from cli.session import run_backend
    from service.tracing.schemas import TraceFilter

    wanted = TraceFilter(
        since=in_utc(since),
        until=in_utc(until),
        graph=graph,
        state=state,
        min_ms=min_ms,
        text=text,
    )
    page = run_backend(ctx, lambda backend: backend.traces.page(wanted, limit, offset))
    Output(as_json=as_json).show(page, lambda out: _draw(out, page))


@group.command(
    "show",
    epilog=examples(
        "cicerone traces show 4bf92f3577b34da6a3ce929d0e0e4736",
        "cicerone traces show 4bf92f3577b34da6a3ce929d0e0e4736 --json",
    ),
)
def show_trace(ctx: typer.Context, trace_id: TraceArgument, as_json: JsonOption = False) -> None:
    """Show what a run did, step by step, with times, tokens and cost."""
    from cli.output import Output
    from cli.session import run_backend
    from cli.trace_trees import draw_tree

    found = run_backend(ctx, lambda backend: backend.traces.tree(trace_id))
    Output(as_json=as_json).show(found, lambda out: draw_tree(out, found))


@group.command(
    "replay",
    epilog=examples(
        "cicerone traces replay 4bf92f3577b34da6a3ce929d0e0e4736",
        "cicerone traces replay 4bf92f3577b34da6a3ce929d0e0e4736 --prompts recorded --json",
    ),
)
def replay_trace(
    ctx: typer.Context,
    trace_id: TraceArgument,
    prompts: Annotated[
        PromptsName, typer.Option(help="Those that are active today, or those of then.")
    ] = "today",
    as_json: JsonOption = False,
) -> None:
    """Ask the recorded (masked) question again, and show what differs."""
    from cli.output import Output
    from cli.session import run_backend
    from service.tracing.schemas import ReplayRequest

    wanted = ReplayRequest(prompts=prompts)
    found = run_backend(ctx, lambda backend: backend.traces.replay(trace_id, wanted))
    Output(as_json=as_json).show(found, lambda out: _draw_replay(out, found))


def _draw(out: "Console", page: "TracePage") -> None:
    from cli.tables import table

    rows = table("when", "graph", "asked", "state", "ms", "model", "tokens", "usd", "trace")
    for each in page.traces:
        asked = each.asked or ""
        rows.add_row(
            each.started_at.isoformat(sep=" ", timespec="seconds"),
            each.name,
            asked if len(asked) <= 60 else f"{asked[:59]}…",  # noqa: PLR2004 - fits a line
            each.state,
            round(each.duration_ms, 1),
            each.model,
            each.input_tokens + each.output_tokens,
            f"{each.cost_usd:.6f}" if each.cost_usd else None,
            each.trace_id,
        )
    out.print(rows.grid)
    out.print(f"{len(page.traces)} traces" + ("; --offset shows older ones" if page.more else ""))


def _draw_replay(out: "Console", found: "ReplayRead") -> None:
    from cli.tables import table

    out.print(found.note, style="yellow")
    out.print(f"asked: {found.asked}", markup=False)
    rows = table("run", "ms", "usd", "documents", "prompts", "trace")
    for name, each in (("recorded", found.before), ("now", found.after)):
        rows.add_row(
            name,
            round(each.duration_ms, 1),
            f"{each.cost_usd:.6f}",
            len(each.documents),
            ", ".join(f"{prompt} {version}" for prompt, version in each.prompts.items()),
            each.trace_id,
        )
    out.print(rows.grid)
    if found.same:
        out.print("no difference")
    for line in found.difference:
        out.print(line, markup=False)
