"""`cicerone feedback`, `cicerone analytics` and `cicerone report`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from rich.console import Console

    from service.feedback.shapes import (
        CandidatePage,
        CandidateRead,
        FeedbackPage,
        QueryCount,
        SearchAnalytics,
    )

group = typer.Typer(no_args_is_help=True, help="Review what people make of answers.")
StateName = Literal["pending", "accepted", "rejected", "all"]
KindName = Literal["up", "down", "click", "copy", "reformulation"]
CandidateArgument = Annotated[str, typer.Argument(help="Its id, as the list shows it.")]


def register(app: typer.Typer) -> None:
    """Add the group and the command."""
    app.add_typer(group, name="feedback")
    app.command(
        "analytics",
        epilog=examples("cicerone analytics", "cicerone analytics --days 30 --json"),
    )(show_analytics)
    app.command(
        "report",
        epilog=examples("cicerone report --html report.html", "cicerone report --days 7"),
    )(write_report)


@group.command(
    "list",
    epilog=examples("cicerone feedback list", "cicerone feedback list --state accepted --json"),
)
def list_candidates(
    ctx: typer.Context,
    state: Annotated[StateName, typer.Option(help="Where candidates stand.")] = "pending",
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List the questions that feedback suggests for the golden set, oldest first."""
    from cli.output import Output
    from cli.session import run_backend
    from data.models import CandidateState

    wanted = None if state == "all" else CandidateState(state)
    page = run_backend(ctx, lambda backend: backend.feedback.queue(wanted, limit))
    Output(as_json=as_json).show(page, lambda out: _draw_candidates(out, page))


@group.command(
    "votes", epilog=examples("cicerone feedback votes", "cicerone feedback votes --kind down")
)
def list_votes(
    ctx: typer.Context,
    kind: Annotated[KindName | None, typer.Option(help="Only this kind.")] = None,
    limit: LimitOption = 50,
    as_json: JsonOption = False,
) -> None:
    """List feedback, newest first."""
    from cli.output import Output
    from cli.session import run_backend
    from data.models import SignalKind

    wanted = None if kind is None else SignalKind(kind)
    page = run_backend(ctx, lambda backend: backend.feedback.votes(wanted, limit))
    Output(as_json=as_json).show(page, lambda out: _draw_votes(out, page))


@group.command(
    "give",
    epilog=examples("cicerone feedback give 4bf92f35… down --comment 'another model is meant'"),
)
def give_feedback(
    ctx: typer.Context,
    trace: Annotated[str, typer.Argument(help="The trace id of an answer of yours.")],
    kind: Annotated[KindName, typer.Argument(help="What you made of it.")],
    comment: Annotated[str | None, typer.Option(help="Why.")] = None,
    correction: Annotated[str | None, typer.Option(help="What it should have said.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Say what you make of an answer; a second thumb replaces the first one."""
    from cli.output import Output
    from cli.session import run_backend
    from data.models import SignalKind
    from service.feedback.shapes import FeedbackBody

    body = FeedbackBody(
        trace_id=trace, kind=SignalKind(kind), comment=comment, correction=correction
    )
    kept = run_backend(ctx, lambda backend: backend.feedback.give(body))
    Output(as_json=as_json).show(kept, lambda out: out.print(f"kept: {kind}", markup=False))


@group.command("collect", epilog=examples("cicerone feedback collect"))
def collect(ctx: typer.Context, as_json: JsonOption = False) -> None:
    """Make candidates of the votes now; the server does it every night."""
    from cli.output import Output
    from cli.session import run_backend

    done = run_backend(ctx, lambda backend: backend.feedback.collect())
    Output(as_json=as_json).show(
        done, lambda out: out.print(f"{done.candidates} candidates from {done.votes} votes")
    )


@group.command(
    "accept",
    epilog=examples(
        "cicerone feedback accept 0b9d2c61-… --answer 'Every 60 days.' --document kettle.pdf "
        "--page 4",
        "cicerone feedback accept 0b9d2c61-… --unanswerable",
    ),
)
def accept_candidate(
    ctx: typer.Context,
    candidate: CandidateArgument,
    answer: Annotated[str | None, typer.Option(help="The right answer.")] = None,
    question: Annotated[str | None, typer.Option(help="A better wording.")] = None,
    document: Annotated[str | None, typer.Option(help="Where the answer stands.")] = None,
    page: Annotated[int | None, typer.Option(min=1, help="Its physical page.")] = None,
    unanswerable: Annotated[
        bool, typer.Option("--unanswerable", help="The documents do not say.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a candidate a golden row: the next full run of the evaluation asks it."""
    from cli.output import Output
    from cli.session import run_backend
    from service.feedback.shapes import AcceptBody

    body = AcceptBody(
        question=question,
        answer=answer,
        document=document,
        page=page,
        answerable=False if unanswerable else (True if answer else None),
    )
    kept = run_backend(ctx, lambda backend: backend.feedback.accept(candidate, body))
    Output(as_json=as_json).show(kept, lambda out: _draw_decision(out, kept))


@group.command("reject", epilog=examples("cicerone feedback reject 0b9d2c61-…"))
def reject_candidate(
    ctx: typer.Context, candidate: CandidateArgument, as_json: JsonOption = False
) -> None:
    """Leave a candidate out; it is not suggested again."""
    from cli.output import Output
    from cli.session import run_backend

    kept = run_backend(ctx, lambda backend: backend.feedback.reject(candidate))
    Output(as_json=as_json).show(kept, lambda out: _draw_decision(out, kept))


def show_analytics(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look back.")] = 7,
    as_json: JsonOption = False,
) -> None:
    """Tell how searches went: top questions, null results, clicks, reformulations."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.feedback.analytics(days))
    Output(as_json=as_json).show(found, lambda out: _draw_analytics(out, found))


def write_report(
    ctx: typer.Context,
    html: Annotated[Path, typer.Option(help="Where to write it.")] = Path("report.html"),
    days: Annotated[int, typer.Option(min=1, max=366, help="How far to look back.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """Write accuracy, recall, models, costs and feedback as one HTML file to mail around."""
    from cli.output import Output
    from cli.session import run_backend

    html.write_text(
        run_backend(ctx, lambda backend: backend.feedback.report(days)), encoding="utf-8"
    )
    Output(as_json=as_json).show(
        {"report": str(html)}, lambda out: out.print(f"report: {html}", markup=False)
    )


def _draw_candidates(out: "Console", page: "CandidatePage") -> None:
    from cli.tables import table

    rows = table("candidate", "question", "answer", "place", "why", "state")
    for each in page.candidates:
        place = f"{each.document} p. {each.page}" if each.page else each.document
        answer = each.answer if each.answerable else "(none in the documents)"
        rows.add_row(each.id, each.question, answer, place, each.why, each.state.value)
    out.print(rows.grid)
    out.print(f"{len(page.candidates)} of {page.total} candidates")


def _draw_votes(out: "Console", page: "FeedbackPage") -> None:
    from cli.tables import table

    rows = table("when", "kind", "who", "comment", "correction", "trace")
    for each in page.feedback:
        when = each.created_at.isoformat(sep=" ", timespec="seconds")
        rows.add_row(
            when, each.kind.value, each.subject, each.comment, each.correction, each.trace_id
        )
    out.print(rows.grid)
    out.print(f"{len(page.feedback)} of {page.total}")


def _draw_decision(out: "Console", kept: "CandidateRead") -> None:
    out.print(f"{kept.state.value}: {kept.question}", markup=False)


def _draw_analytics(out: "Console", found: "SearchAnalytics") -> None:
    from cli.tables import table

    rows = table("figure", "value")
    for name, value in found.model_dump(exclude={"top_queries", "top_null_queries"}).items():
        rows.add_row(name.replace("_", " "), value)
    out.print(rows.grid)
    _draw_queries(out, "asked most", found.top_queries)
    _draw_queries(out, "found nothing", found.top_null_queries)


def _draw_queries(out: "Console", title: str, queries: "list[QueryCount]") -> None:
    from cli.tables import table

    if queries:
        rows = table(title, "times", "clicked")
        for each in queries:
            rows.add_row(each.query, each.times, each.clicked)
        out.print(rows.grid)
