"""Builds the whole service from its settings, and takes it down again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio

from data.database import Database
from providers.errors import ModelMissingError
from service.answering import Answering
from service.encoders import EncoderShelf
from service.errors import SettingsError
from service.health import HealthChecker
from service.ingestion import IngestHandler
from service.jobs import Jobs
from service.keys import Keys
from service.library import INGEST, Library
from service.owner import HomeLock, new_token
from service.plugins import Providers, load_providers
from service.runner import InlineRunner
from service.scheduler import Scheduler
from service.settings import Settings
from service.upkeep.face import Upkeep, Workers
from service.workflows import Workflows, ingest_providers


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Everything a face of the service needs; `local_token` lets in this user's commands."""

    settings: Settings
    database: Database
    providers: Providers
    workflows: Workflows
    answering: Answering
    library: Library
    jobs: Jobs
    keys: Keys
    health: HealthChecker
    upkeep: Upkeep
    workers: Workers
    scheduler: Scheduler
    local_token: str


@asynccontextmanager
async def open_container(settings: Settings, *, resume: bool = False) -> AsyncIterator[Container]:
    """Open the service over its home folder.

    Args:
        settings: What to build.
        resume: Also run the jobs that an earlier process left unfinished (a server does).

    Raises:
        SettingsError: the settings name something that cannot be built.
        HomeInUseError: another process owns the home folder.
        DatabaseError: the database cannot be reached, or needs `cicerone db upgrade`.
    """
    async with AsyncExitStack() as stack:
        lock = HomeLock(settings.home)
        lock.acquire()
        stack.callback(lock.release)
        database = Database.open(settings.database_url)
        stack.push_async_callback(database.aclose)
        if settings.database.url is None and not await database.is_current():
            await anyio.to_thread.run_sync(_upgrade, settings.database_url)
        providers = load_providers(settings)
        stack.push_async_callback(providers.aclose)
        if resume:
            _require_model(providers)
        shelf = EncoderShelf(settings)
        stack.push_async_callback(shelf.aclose)
        workers = Workers.build(
            settings,
            database,
            providers=ingest_providers(settings, providers, shelf),
            vectors=providers.vector_store,
            objects=providers.object_store,
        )
        await workers.audit.start()
        stack.push_async_callback(workers.audit.aclose)
        container, runner = _assemble(settings, database, providers, shelf, workers)
        stack.push_async_callback(runner.aclose)
        await runner.start(resume=resume)
        if resume:
            await workers.schedule(container.scheduler, settings.schedules)
            stack.push_async_callback(container.scheduler.aclose)
            await container.scheduler.start()
        yield container


def _assemble(
    settings: Settings,
    database: Database,
    providers: Providers,
    shelf: EncoderShelf,
    workers: Workers,
) -> tuple[Container, InlineRunner]:
    spool = settings.home / "spool"
    workflows = Workflows.build(settings, providers, database, shelf)
    handler = IngestHandler(
        workflows.ingest,
        database,
        providers.vector_store,
        concurrency=settings.jobs.concurrency,
    )
    runner = InlineRunner(database, {INGEST: handler, **workers.handlers()})
    jobs = Jobs(database, runner)
    token = new_token()
    plugins = {
        name: (getattr(settings, name).plugin, provider)
        for name, provider in providers.named().items()
    }
    container = Container(
        settings=settings,
        database=database,
        providers=providers,
        workflows=workflows,
        answering=Answering(query=workflows.query, search=workflows.search, audit=workers.audit),
        library=Library(
            database,
            jobs,
            spool=spool,
            objects=providers.object_store,
            trash=workers.trash,
            audit=workers.audit,
        ),
        jobs=jobs,
        keys=Keys(database, local_token=token),
        health=HealthChecker(database, plugins),
        upkeep=Upkeep(database, jobs, workers, providers.vector_store),
        workers=workers,
        scheduler=Scheduler(database),
        local_token=token,
    )
    return container, runner


def _require_model(providers: Providers) -> None:
    """Refuse to serve with a local model that is not there; a remote one may come back."""
    if providers.embedder is None:
        return
    try:
        providers.embedder.fingerprint  # noqa: B018 - reads the model's folder
    except ModelMissingError as error:
        raise SettingsError(f"embedder.options.model: {error}") from error


def _upgrade(url: str) -> None:
    """Migrate the database of the home folder; one of an operator's own is left to them."""
    from data.migrate import upgrade  # noqa: PLC0415 - alembic, once in a home's life

    upgrade(url)
