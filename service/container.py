"""Builds the whole service from its settings, and takes it down again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
import structlog

from data.database import Database
from graphs.agent.graph import build as build_agent
from graphs.agent.tools import Toolbox
from graphs.gateway.gateway import Gateway
from providers.errors import ModelMissingError
from service.agent_answering import AgentAnswering
from service.agent_tools import AskingDatabase, AskingDocuments, ServiceDatabases
from service.answering import Answering
from service.budgets import Budgets
from service.caches import Caches
from service.checkpoints import Checkpoints
from service.conversations import Conversations
from service.crawling import CrawlHandler
from service.crawls import CRAWL, Crawls
from service.datasources import Datasources
from service.deliveries import Deliveries
from service.encoders import EncoderShelf
from service.errors import SettingsError
from service.feedback.analytics import Analytics
from service.feedback.review import Review
from service.feedback.schedule import schedule_feedback
from service.feedback.search_log import SearchLog
from service.feedback.signals import Signals
from service.gateway import build_gateway
from service.guarding import Guarding
from service.health import HealthChecker
from service.ingestion import IngestHandler
from service.intake import Intake
from service.jobs import JobRunner, Jobs
from service.keys import Keys
from service.kinship import Kinship
from service.library import INGEST, Library
from service.licences import Licences
from service.metrics.exposition import Exposition
from service.metrics.objectives import Objectives
from service.origins import Origins
from service.owner import HomeLock, new_token
from service.plugins import Providers, load_providers
from service.prompting import catalogue_of
from service.quarantine import Quarantine
from service.report import Reports
from service.reporting import JobHandler
from service.runner import InlineRunner
from service.scheduler import Scheduler
from service.settings import Settings
from service.sources import Sources
from service.spread.refusing import require_shared
from service.spread.runner import SpreadRunner
from service.sql_answering import SqlAnswering
from service.sql_examples import SqlExamples
from service.summarising import Summariser
from service.tidying import tidy
from service.tool_calls import ToolCalls
from service.tracing.tracer import Tracer
from service.tracing.traces import Traces
from service.upkeep.face import Upkeep, Workers
from service.usage import UsageLedger
from service.warming import warming
from service.watching import SourceClock, Watching
from service.workflows import Workflows, ingest_providers, scratch_folder

log = structlog.get_logger(__name__)

Due = Callable[[], Awaitable[object]]
"""Runs what is due by the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """Everything a face of the service needs; `local_token` lets in this user's commands.

    `due` are the schedules that beat lets run in a worker.
    """

    settings: Settings
    database: Database
    providers: Providers
    checkpoints: Checkpoints
    workflows: Workflows
    answering: Answering
    conversations: Conversations
    summariser: Summariser
    caches: Caches
    library: Library
    licences: Licences
    quarantine: Quarantine
    kinship: Kinship
    guarding: Guarding
    searches: SearchLog
    signals: Signals
    review: Review
    analytics: Analytics
    reports: Reports
    jobs: Jobs
    keys: Keys
    gateway: Gateway
    budgets: Budgets
    sources: Sources
    datasources: Datasources
    sql: SqlAnswering
    agent: AgentAnswering
    sql_examples: SqlExamples
    tools: ToolCalls
    deliveries: Deliveries
    watching: Watching
    origins: Origins
    clock: SourceClock
    health: HealthChecker
    upkeep: Upkeep
    workers: Workers
    scheduler: Scheduler
    tracer: Tracer
    traces: Traces
    objectives: Objectives
    exposition: Exposition
    local_token: str
    handlers: Mapping[str, JobHandler]
    runner: JobRunner
    due: tuple[Due, ...] = ()


@asynccontextmanager
async def open_container(
    settings: Settings, *, resume: bool = False, owner: bool = True
) -> AsyncIterator[Container]:
    """Open the service over its home folder.

    Args:
        settings: What to build.
        resume: Also run the jobs that an earlier process left unfinished (a server does).
        owner: Take the home folder for this process alone; a worker shares everything.

    Raises:
        SettingsError: the settings name something that cannot be built.
        HomeInUseError: another process owns the home folder.
        DatabaseError: the database cannot be reached, or needs `cicerone db upgrade`.
    """
    if settings.jobs.runner == "celery":
        require_shared(settings)
    async with AsyncExitStack() as stack:
        if owner:
            stack.enter_context(HomeLock(settings.home))
        database = Database.open(settings.database_url, settings.database.options)
        stack.push_async_callback(database.aclose)
        if settings.database.url is None and not await database.is_current():
            await anyio.to_thread.run_sync(_upgrade, settings.database_url)
        tracer = Tracer.open(settings)
        stack.push_async_callback(tracer.aclose)
        providers = load_providers(settings)
        stack.push_async_callback(providers.aclose)
        if resume or not owner:
            _require_model(providers)
        checkpoints = Checkpoints(settings.home, settings.database_url)
        stack.push_async_callback(checkpoints.aclose)
        usage = UsageLedger(database)
        usage.bind({"embed": providers.embedder, "rerank": providers.reranker})
        stack.push_async_callback(usage.aclose)
        shelf = EncoderShelf(settings, usage.bind)
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
        container, runner = _assemble(
            settings,
            database,
            providers,
            checkpoints=checkpoints,
            shelf=shelf,
            workers=workers,
            tracer=tracer,
        )
        stack.push_async_callback(container.searches.aclose)
        stack.push_async_callback(container.gateway.aclose)
        stack.push_async_callback(runner.aclose)
        stack.push_async_callback(container.summariser.aclose)
        stack.push_async_callback(container.datasources.aclose)
        if resume:
            await tidy(database, checkpoints, settings.home)
            if (intake := _intake(settings, providers)) is not None:
                await intake.tidy(database)
        await runner.start(resume=resume)
        if resume or not owner:
            await workers.schedule(container.scheduler, settings.schedules)
            await schedule_feedback(
                container.scheduler, settings.schedules, container.review, container.reports
            )
        if resume:
            warming_up = asyncio.create_task(container.gateway.warm_up())
            stack.push_async_callback(_stop, warming_up)
            stack.push_async_callback(warming(providers.guardrails).aclose)
            stack.push_async_callback(container.scheduler.aclose)
            await container.scheduler.start()
            stack.push_async_callback(container.clock.aclose)
            container.clock.start()
        yield container


def _assemble(
    settings: Settings,
    database: Database,
    providers: Providers,
    *,
    checkpoints: Checkpoints,
    shelf: EncoderShelf,
    workers: Workers,
    tracer: Tracer,
) -> tuple[Container, JobRunner]:
    spool = settings.home / "spool"
    gateway = build_gateway(settings, providers, database)
    workflows = Workflows.build(settings, providers, database, shelf, gateway)
    handler = IngestHandler(
        workflows.ingest,
        workflows.abandon,
        database,
        providers.vector_store,
        checkpoints,
        concurrency=settings.jobs.concurrency,
        scratch=None if providers.object_store else scratch_folder(settings.home),
    )
    handlers: dict[str, JobHandler] = {INGEST: handler, **workers.handlers()}
    runner = _runner(settings, database, handlers, tracer)
    jobs = Jobs(database, runner, max_attempts=settings.jobs.max_attempts)
    library = Library(
        database,
        jobs,
        spool=spool,
        objects=providers.object_store,
        trash=workers.trash,
        audit=workers.audit,
        intake=_intake(settings, providers),
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
    for deployment in gateway.deployments:
        if deployment.name in settings.models:
            plugin = settings.models[deployment.name].plugin
            plugins[f"models.{deployment.name}"] = (plugin, deployment)
    for name, rail in providers.guardrails.items():
        plugins[f"guardrails.{name}"] = (name, rail)
    if isinstance(runner, SpreadRunner):
        plugins["jobs"] = (settings.jobs.runner, runner.post)
    scheduler = Scheduler(database)
    conversations = Conversations(database)
    searches = SearchLog(database, settings.feedback)
    signals, analytics = Signals(database, searches), Analytics(database, searches)
    review = Review(database, searches, settings.feedback)
    summariser = Summariser(
        database, settings.conversations, models=gateway, prompts=catalogue_of(settings.prompts)
    )
    answering = Answering(
        query=workflows.query,
        search=workflows.search,
        audit=workers.audit,
        conversations=conversations,
        summariser=summariser,
        tracer=tracer,
        searches=searches,
        pace=workflows.pace,
    )
    sql = SqlAnswering(workflows.sql.make, checkpoints, tracer)
    agent = AgentAnswering(
        partial(
            build_agent,
            Toolbox(documents=AskingDocuments(answering), database=AskingDatabase(sql)),
            database,
            databases=ServiceDatabases(workflows.sql.datasources, workflows.sql.desks),
            models=gateway,
            prompts=catalogue_of(settings.prompts),
            settings=settings.agent,
            query=settings.query,
            sql=settings.sql,
        ),
        checkpoints=checkpoints,
        conversations=conversations,
        summariser=summariser,
        datasources=workflows.sql.datasources,
        tracer=tracer,
    )
    traces = Traces(tracer, answering)
    objectives = Objectives(settings.slo, database, tracer)
    datasources = workflows.sql.datasources
    health = HealthChecker(database, plugins)
    container = Container(
        settings=settings,
        database=database,
        providers=providers,
        checkpoints=checkpoints,
        workflows=workflows,
        answering=answering,
        conversations=conversations,
        summariser=summariser,
        caches=workflows.caches,
        library=library,
        licences=Licences(database),
        quarantine=Quarantine(database, library, spool=spool, objects=providers.object_store),
        kinship=Kinship(database),
        guarding=Guarding(database, settings.guards),
        searches=searches,
        signals=signals,
        review=review,
        analytics=analytics,
        reports=Reports(
            database,
            settings.home,
            analytics=analytics,
            signals=signals,
            review=review,
            traces=traces,
        ),
        jobs=jobs,
        keys=Keys(database, local_token=token),
        gateway=gateway,
        budgets=Budgets(database),
        sources=Sources(database, crawls, delete_document=library.delete),
        datasources=datasources,
        sql=sql,
        agent=agent,
        sql_examples=workflows.sql.examples,
        tools=ToolCalls(answering=answering, sql=sql, datasources=datasources, tracer=tracer),
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
        health=health,
        upkeep=Upkeep(database, jobs, workers, providers.vector_store),
        workers=workers,
        scheduler=scheduler,
        tracer=tracer,
        traces=traces,
        objectives=objectives,
        exposition=Exposition(tracer, database, health, objectives),
        local_token=token,
        handlers=handlers,
        runner=runner,
        due=(scheduler.run_due, crawls.tick),
    )
    return container, runner


def _runner(
    settings: Settings, database: Database, handlers: Mapping[str, JobHandler], tracer: Tracer
) -> JobRunner:
    if settings.jobs.runner == "inline":
        return InlineRunner(database, handlers, settings.jobs, tracer)
    try:
        from service.celery_app import CeleryPost  # noqa: PLC0415 - nobody else needs Celery
    except ImportError as error:
        raise SettingsError(
            "jobs.runner: celery needs more packages: pip install 'cicerone[celery]'"
        ) from error
    return SpreadRunner(CeleryPost(settings.jobs.celery))


def _intake(settings: Settings, providers: Providers) -> Intake | None:
    """Return where uploads go when the workers do not see this machine's folders."""
    if settings.jobs.runner == "inline" or providers.object_store is None:
        return None
    return Intake(providers.object_store)


def _require_model(providers: Providers) -> None:
    """Refuse to serve with a local model that is not there; a remote one may come back."""
    if providers.embedder is None:
        return
    try:
        providers.embedder.fingerprint  # noqa: B018 - reads the model's folder
    except ModelMissingError as error:
        raise SettingsError(f"embedder.options.model: {error}") from error


async def _stop(warming: "asyncio.Task[None]") -> None:
    """End the warm-up; what went wrong in it, the first question will say again."""
    warming.cancel()
    await asyncio.wait([warming])
    if not warming.cancelled() and (error := warming.exception()) is not None:
        log.warning("models.not_warmed_up", reason=str(error))


def _upgrade(url: str) -> None:
    """Migrate the database of the home folder; one of an operator's own is left to them."""
    from data.migrate import upgrade  # noqa: PLC0415 - alembic, once in a home's life

    upgrade(url)
