"""Runs a worker: checks first what only fails later otherwise, then hands over to Celery."""

from collections.abc import Callable, Sequence

import anyio

from cli.problems import Problem, ProblemError
from data.database import Database
from service.errors import SettingsError
from service.settings import Settings
from service.spread.process import WorkerProcess
from service.spread.refusing import require_shared
from service.spread.working import open_work


def work_at(
    settings: Settings,
    queues: Sequence[str],
    *,
    concurrency: int,
    beat: bool,
    on_ready: Callable[[], None],
) -> int:
    """Work until a signal; returns the exit code.

    Raises:
        SettingsError: jobs are not spread over workers, or the stores are not shared.
        DatabaseError: the database cannot be reached, or needs `cicerone db upgrade`.
    """
    if settings.jobs.runner != "celery":
        raise SettingsError(
            "jobs.runner: the server runs jobs itself; set it to celery where both read it"
        )
    require_shared(settings)
    run_worker = _import_celery()
    anyio.run(_require_database, settings)
    process = WorkerProcess(
        lambda portal, number: portal.wrap_async_context_manager(open_work(settings, number))
    )
    return run_worker(
        settings.jobs.celery,
        process,
        queues=queues,
        concurrency=concurrency,
        beat=beat,
        on_ready=on_ready,
    )


async def _require_database(settings: Settings) -> None:
    """Fail here rather than in each process again and again."""
    database = Database.open(settings.database_url, settings.database.options)
    try:
        health = await database.check()
    finally:
        await database.aclose()
    if health.detail:
        raise ProblemError(
            Problem(
                type="/problems/database-unavailable",
                title="The database cannot be used",
                status=503,
                detail=health.detail,
            )
        )


def _import_celery() -> Callable[..., int]:
    try:
        from service.celery_worker import run_worker
    except ImportError as error:
        raise SettingsError(
            "jobs.runner: celery needs more packages: pip install 'cicerone[celery]'"
        ) from error
    return run_worker
