"""Compiles the graphs around the configured providers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from data.database import Database
from graphs.encoders import EncoderSource
from graphs.ingest import rejecting
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.graph import IngestGraph
from graphs.ingest.graph import build as build_ingest
from graphs.ingest.state import IngestProviders, described
from graphs.models import Call, Models, Role
from graphs.query.admission import admits
from graphs.query.follow_up import leans
from graphs.query.graph import QueryGraph, SearchGraph, build_search
from graphs.query.graph import build as build_query
from graphs.query.guarding.inspecting import Guards
from graphs.query.pacing import Pace
from graphs.query.providers import QueryProviders
from graphs.query.retrieval import in_process
from graphs.query.steps import Turn
from graphs.text_to_sql.graph import SqlBuilder
from graphs.text_to_sql.graph import build as build_sql
from graphs.tracing import traced
from prompts.catalogue import Catalogue
from providers import registry
from providers.protocols import ObjectStore
from providers.types import ChatRequest
from service.caches import Caches
from service.datasources import Datasources
from service.encoders import configured_encoders
from service.errors import SettingsError
from service.ingestion import Abandon
from service.plugins import Providers
from service.prompting import catalogue_of
from service.settings import Settings
from service.sql_desks import ServiceDesks
from service.sql_examples import SqlExamples


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflows:
    """The compiled graphs; without a parser there is nothing to ingest with.

    `abandon` takes back what a run of `ingest` has done that was stopped for good.
    """

    ingest: IngestGraph | None
    abandon: Abandon | None
    query: QueryGraph
    search: SearchGraph
    pace: Pace
    caches: Caches
    sql: "SqlWorkflow"

    @classmethod
    def build(
        cls,
        settings: Settings,
        providers: Providers,
        database: Database,
        encoders: EncoderSource | None = None,
        models: Models | None = None,
    ) -> "Workflows":
        """Compile the graphs; `encoders` builds those of indexes older than the settings.

        Chat models are asked through `models`; without it the configured one writes answers.

        Those of the query path keep no checkpoints, which cost ten times the graph itself.

        Raises:
            SettingsError: a capability is off that no graph can do without, or the prompts are not
                in order.
        """
        if providers.vector_store is None:
            raise SettingsError("vector_store.enabled: nothing can be found without it; set true")
        if providers.embedder is None and providers.sparse_encoder is None:
            raise SettingsError(
                "embedder.enabled and sparse_encoder.enabled: at least one must be true"
            )
        prompts = catalogue_of(settings.prompts)
        query = QueryProviders(
            store=providers.vector_store,
            embedder=providers.embedder,
            sparse_encoder=providers.sparse_encoder,
            reranker=providers.reranker,
            models=models,
            chat_model=providers.chat_model,
            fallback=providers.fallback,
            encoders=encoders,
            guards=guards_of(settings, providers, models),
        )
        caches = Caches.build(
            settings,
            database,
            providers.cache,
            query,
            released=partial(_released, prompts),
            leans=leans,
            admits=partial(admits, database=database, settings=settings.query),
        )
        pace = Pace.of_machine(in_process=_begins_here(query, database, models))
        answer = build_query(
            caches.providers,
            database,
            settings.query,
            prompts=prompts,
            answers=caches.answers,
            pace=pace,
        )
        ingest, abandon = _ingest(settings, providers, database, encoders)
        return cls(
            ingest=ingest,
            abandon=abandon,
            query=answer.compile(name="query"),
            search=build_search(query, database, settings.query, prompts=prompts),
            pace=pace,
            caches=caches,
            sql=SqlWorkflow.of(settings, providers, database, models, prompts),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlWorkflow:
    """What makes the graph that answers from databases, and what that stands on.

    A service that is never asked for rows never assembles it, which takes as long as the others.
    """

    make: Callable[[], SqlBuilder]
    datasources: Datasources
    examples: SqlExamples
    desks: ServiceDesks

    @classmethod
    def of(
        cls,
        settings: Settings,
        providers: Providers,
        database: Database,
        models: Models | None,
        prompts: Catalogue,
    ) -> "SqlWorkflow":
        """Say how to assemble the graph over the tenant's datasources."""
        datasources = Datasources(database, home=settings.home, database_url=settings.database_url)
        examples = SqlExamples(database, datasources)
        desks = ServiceDesks(datasources, examples, settings.sql, providers.embedder)
        make = partial(build_sql, desks, models=models, prompts=prompts, settings=settings.sql)
        return cls(make=make, datasources=datasources, examples=examples, desks=desks)


_ASKED = ("synthesize", "condense", "rewrite", "hyde", "decompose")
"""The prompts that may have a part in an answer."""


def _released(prompts: Catalogue) -> str:
    return " ".join(prompts.get(name).ref.sha256[:12] for name in _ASKED)


def _begins_here(query: QueryProviders, database: Database, models: Models | None) -> bool:
    """Tell whether an answer waits for no other process before a model is to write it."""
    asks = models is not None and any(
        models.serves(role) for role in (Role.CONDENSE, Role.CLASSIFY)
    )
    reranks = query.reranker is None or getattr(query.reranker, "in_process", False)
    return in_process(query, database) and reranks and not asks


def guards_of(
    settings: Settings, providers: Providers, models: Models | None = None
) -> Guards | None:
    """Return the guards of the answer graph; None when the settings switch them off."""
    if not settings.guards.enabled:
        return None
    classify = None
    if models is not None and models.serves(Role.CLASSIFY):
        classify = partial(_classify, models, catalogue_of(settings.prompts))
    return Guards(settings=settings.guards, rails=providers.guardrails, classify=classify)


async def _classify(models: Models, prompts: Catalogue, turn: Turn, text: str) -> str:
    """Ask the model for the role `classify` on behalf of a run, with the prompt `classify`."""
    rendered = prompts.get("classify").render({"question": text})
    request = ChatRequest(
        messages=rendered.messages,
        max_output_tokens=rendered.max_output_tokens,
        temperature=rendered.temperature,
        output_schema=rendered.output_schema,
    )
    call = Call(
        principal=turn.principal,
        role=Role.CLASSIFY,
        request=request,
        prompt=rendered.ref,
        trace_id=turn.trace_id,
    )
    return (await models.complete(call)).text


def ingest_providers(
    settings: Settings, providers: Providers, encoders: EncoderSource | None
) -> IngestProviders | None:
    """Return what ingestion needs; None without a parser or a vector store."""
    if providers.parser is None or providers.vector_store is None:
        return None
    return IngestProviders(
        parser=providers.parser,
        vector_store=providers.vector_store,
        embedder=providers.embedder,
        sparse_encoder=providers.sparse_encoder,
        object_store=providers.object_store,
        recipe=configured_encoders(settings, providers).recipe,
        encoders=encoders,
    )


def _ingest(
    settings: Settings, providers: Providers, database: Database, encoders: EncoderSource | None
) -> tuple[IngestGraph | None, Abandon | None]:
    needed = ingest_providers(settings, providers, encoders)
    if needed is None:
        return None, None
    objects = providers.object_store
    artifacts = Artifacts(
        objects or _scratch(settings.home), keeps=objects is not None, database=database
    )
    built = build_ingest(needed, database, settings.ingest, artifacts=artifacts)
    abandon = partial(
        rejecting.abandon,
        database=database,
        providers=needed,
        settings=settings.ingest,
        artifacts=artifacts,
    )
    return traced(built.compile(name="ingest"), "ingest", described), abandon


def _scratch(home: Path) -> ObjectStore:
    """Return a folder for what the steps of a run leave for each other, and nothing else."""
    return registry.load(
        registry.OBJECT_STORE, "obstore", {}, defaults={"data_dir": scratch_folder(home)}
    )


def scratch_folder(home: Path) -> Path:
    """Return where intermediate results are while there is no object store."""
    return home / "spool" / "steps"
