"""Waits for a job at a terminal."""

from collections.abc import Awaitable, Callable

import typer

from cli.backend import Backend
from cli.output import Output
from cli.session import run_backend
from service.schemas import JobRead, JobStatus


def run_job(
    ctx: typer.Context, start: Callable[[Backend], Awaitable[JobRead]], output: Output, what: str
) -> JobRead:
    """Start a job and follow it to its end.

    Raises:
        typer.Exit: it did not succeed; its message has been shown.
    """
    job = run_backend(ctx, lambda backend: _follow(backend, start, output, what))
    if job.status is not JobStatus.SUCCEEDED:
        if output.as_json:
            output.show(job, lambda out: None)
        output.note(f"error: {job.message or f'the job was {job.status.value}'}")
        raise typer.Exit(1)
    return job


async def _follow(
    backend: Backend, start: Callable[[Backend], Awaitable[JobRead]], output: Output, what: str
) -> JobRead:
    job = await start(backend)
    with output.progress() as progress:
        task = progress.add_task(what, total=job.total or None)
        async for event in backend.job_events(job.job_id):
            if "left" in event.data:
                progress.advance(task)
    return await backend.job(job.job_id)
