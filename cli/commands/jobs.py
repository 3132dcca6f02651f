"""`cicerone jobs`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cli.backend import Backend, JobAction
    from cli.output import Output
    from service.schemas import JobRead

group = typer.Typer(no_args_is_help=True, help="Follow and steer background jobs.")

StatusName = Literal[
    "queued", "running", "paused", "succeeded", "failed", "cancelled", "quarantined"
]
IdArgument = Annotated[str, typer.Argument(help="The job's id.", metavar="JOB_ID")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="jobs")


@group.command(
    "list",
    epilog=examples("cicerone jobs list", "cicerone jobs list --status running -n 5 --json"),
)
def list_jobs(
    ctx: typer.Context,
    limit: LimitOption = 50,
    status: Annotated[StatusName | None, typer.Option(help="Only jobs that stand there.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest jobs first."""
    _list(ctx, limit, status, dead=False, as_json=as_json)


@group.command("dead", epilog=examples("cicerone jobs dead", "cicerone jobs dead --json"))
def list_dead(ctx: typer.Context, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """List the jobs that have used all their attempts and wait for somebody to retry them."""
    _list(ctx, limit, None, dead=True, as_json=as_json)


@group.command("show", epilog=examples("cicerone jobs show 8c5e… --json"))
def show_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Show one job."""
    from cli.output import Output
    from cli.session import run_backend

    _require_id(job_id)
    job = run_backend(ctx, lambda backend: backend.job(job_id))
    Output(as_json=as_json).show(job, lambda out: _draw(out, [job]))


@group.command("watch", epilog=examples("cicerone jobs watch 8c5e…"))
def watch_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Follow a job until it ends; exits with 1 unless it succeeded."""
    from cli.output import Output
    from cli.session import run_backend

    _require_id(job_id)
    output = Output(as_json=as_json)
    job = run_backend(ctx, lambda backend: _watch(backend, job_id, output))
    output.show(job, lambda out: _draw(out, [job]))
    if job.status.value != "succeeded":
        raise typer.Exit(1)


@group.command("pause", epilog=examples("cicerone jobs pause 8c5e…"))
def pause_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Let a job rest after the step it is in, until it is resumed."""
    _steer(ctx, job_id, "pause", as_json=as_json)


@group.command("resume", epilog=examples("cicerone jobs resume 8c5e…"))
def resume_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Let a paused job go on where it stopped."""
    _steer(ctx, job_id, "resume", as_json=as_json)


@group.command("cancel", epilog=examples("cicerone jobs cancel 8c5e…"))
def cancel_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Stop a job; what it has already published stays."""
    _steer(ctx, job_id, "cancel", as_json=as_json)


@group.command("retry", epilog=examples("cicerone jobs retry 8c5e…"))
def retry_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Try a job again that failed or was cancelled, with all its attempts."""
    _steer(ctx, job_id, "retry", as_json=as_json)


def _list(ctx: typer.Context, limit: int, status: str | None, *, dead: bool, as_json: bool) -> None:
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.jobs(limit, status=status, dead=dead))
    Output(as_json=as_json).show(
        {"jobs": [job.model_dump(mode="json") for job in found]}, lambda out: _draw(out, found)
    )


def _steer(ctx: typer.Context, job_id: str, action: "JobAction", *, as_json: bool) -> None:
    """Do it; without a server the job's work is done here, before the command ends."""
    from cli.output import Output
    from cli.session import run_backend

    output = Output(as_json=as_json)

    async def steer(backend: "Backend") -> "JobRead":
        job = await backend.steer_job(job_id, action)
        if action in {"resume", "retry"} and backend.works_here:
            job = await _watch(backend, job_id, output)
        return job

    _require_id(job_id)
    job = run_backend(ctx, steer)
    output.show(job, lambda out: _draw(out, [job]))


async def _watch(backend: "Backend", job_id: str, output: "Output") -> "JobRead":
    from cli.wording import excerpt

    async for event in backend.job_events(job_id):
        parts = [event.type, *(f"{key}={value}" for key, value in event.data.items())]
        output.note(excerpt(" ".join(parts), 160))
    return await backend.job(job_id)


def _require_id(job_id: str) -> None:
    from cli.wording import could_be_id, excerpt
    from service.errors import JobNotFoundError

    if not could_be_id(job_id):
        raise JobNotFoundError(f"no job {excerpt(job_id, 80)!r}")


def _draw(out: "Console", jobs: "Sequence[JobRead]") -> None:
    from cli.tables import table

    rows = table("job", "kind", "collection", "status", "done", "attempt", "started", "message")
    for job in jobs:
        started = job.started_at and job.started_at.isoformat(sep=" ", timespec="seconds")
        rows.add_row(
            job.job_id,
            job.kind,
            job.collection,
            job.status.value,
            f"{job.done}/{job.total}",
            f"{job.attempts}/{job.max_attempts}",
            started,
            job.message,
        )
    out.print(rows.grid)
