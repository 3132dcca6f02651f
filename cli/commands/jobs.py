"""`cicerone jobs`."""

from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import JsonOption, LimitOption, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cli.backend import Backend
    from cli.output import Output
    from service.schemas import JobRead

group = typer.Typer(no_args_is_help=True, help="Follow and stop background jobs.")

IdArgument = Annotated[str, typer.Argument(help="The job's id.", metavar="JOB_ID")]


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(group, name="jobs")


@group.command("list", epilog=examples("cicerone jobs list", "cicerone jobs list -n 5 --json"))
def list_jobs(ctx: typer.Context, limit: LimitOption = 50, as_json: JsonOption = False) -> None:
    """List the newest jobs first."""
    from cli.output import Output
    from cli.session import run_backend

    found = run_backend(ctx, lambda backend: backend.jobs(limit))
    Output(as_json=as_json).show(
        {"jobs": [job.model_dump(mode="json") for job in found]}, lambda out: _draw(out, found)
    )


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


@group.command("cancel", epilog=examples("cicerone jobs cancel 8c5e…"))
def cancel_job(ctx: typer.Context, job_id: IdArgument, as_json: JsonOption = False) -> None:
    """Stop a job; what it has already published stays."""
    from cli.output import Output
    from cli.session import run_backend

    _require_id(job_id)
    job = run_backend(ctx, lambda backend: backend.cancel_job(job_id))
    Output(as_json=as_json).show(job, lambda out: _draw(out, [job]))


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

    rows = table("job", "kind", "collection", "status", "done", "started", "message")
    for job in jobs:
        started = job.started_at and job.started_at.isoformat(sep=" ", timespec="seconds")
        done = f"{job.done}/{job.total}"
        rows.add_row(
            job.job_id, job.kind, job.collection, job.status.value, done, started, job.message
        )
    out.print(rows.grid)
