"""Builds the whole service from its settings, and takes it down again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import anyio

from data.database import Database
from providers.errors import ModelMissingError
from service.answering import Answering
from service.checkpoints import Checkpoints
from service.crawling import CrawlHandler
from service.crawls import CRAWL, Crawls
from service.deliveries import Deliveries
from service.errors import SettingsError
from service.health import HealthChecker
from service.ingestion import IngestHandler
from service.jobs import Jobs
from service.keys import Keys
from service.library import INGEST, Library
from service.origins import Origins
from service.owner import HomeLock, new_token
from service.plugins import Providers, load_providers
from service.reporting import JobHandler
from service.runner import InlineRunner
from service.settings import Settings
from service.sources import Sources
from service.tidying import tidy
from service.watching import SourceClock, Watching
from service.workflows import Workflows, scratch_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Everything a face of the service needs; `local_token` lets in this user's commands."""

    settings: Settings
    database: Database
    providers: Providers
    checkpoints: Checkpoints
    workflows: Workflows
    answering: Answering
    library: Library
    jobs: Jobs
    keys: Keys
    sources: Sources
    deliveries: Deliveries
    watching: Watching
    origins: Origins
    clock: SourceClock
    health: HealthChecker
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
        checkpoints = Checkpoints(settings.home, settings.database_url)
        stack.push_async_callback(checkpoints.aclose)
        container, runner = _assemble(settings, database, providers, checkpoints)
        stack.push_async_callback(runner.aclose)
        if resume:
            await tidy(database, checkpoints, settings.home)
        await runner.start(resume=resume)
        if resume:
            stack.push_async_callback(container.clock.aclose)
            container.clock.start()
        yield container


def _assemble(
    settings: Settings, database: Database, providers: Providers, checkpoints: Checkpoints
) -> tuple[Container, InlineRunner]:
    spool = settings.home / "spool"
    workflows = Workflows.build(settings, providers, database)
    handlers: dict[str, JobHandler] = {
        INGEST: IngestHandler(
            workflows.ingest,
            workflows.abandon,
            database,
            providers.vector_store,
            checkpoints,
            concurrency=settings.jobs.concurrency,
            scratch=None if providers.object_store else scratch_folder(settings.home),
        )
    }
    runner = InlineRunner(database, handlers, settings.jobs)
    jobs = Jobs(database, runner, max_attempts=settings.jobs.max_attempts)
    library = Library(
        database,
        jobs,
        spool=spool,
        vectors=providers.vector_store,
        objects=providers.object_store,
    )
    handlers[CRAWL] = CrawlHandler(
        workflows.ingest,
        database,
        library.delete,
        spool=spool,
        concurrency=settings.jobs.concurrency,
    )
    crawls = Crawls(database, jobs, max_attempts=settings.jobs.max_attempts)
    watching = Watching(database, crawls, jobs)
    token = new_token()
    plugins = {
        name: (getattr(settings, name).plugin, provider)
        for name, provider in providers.named().items()
    }
    container = Container(
        settings=settings,
        database=database,
        providers=providers,
        checkpoints=checkpoints,
        workflows=workflows,
        answering=Answering(query=workflows.query, search=workflows.search),
        library=library,
        jobs=jobs,
        keys=Keys(database, local_token=token),
        sources=Sources(database, crawls, delete_document=library.delete),
        deliveries=Deliveries(
            database,
            crawls,
            providers.cache,
            spool=spool,
            max_bytes=settings.server.max_upload_mb << 20,
        ),
        watching=watching,
        origins=Origins(database),
        clock=SourceClock(database, crawls, watching),
        health=HealthChecker(database, plugins),
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
