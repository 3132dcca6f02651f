"""Compiles the graphs around the configured providers."""

from dataclasses import dataclass

from data.database import Database
from graphs.ingest.graph import IngestGraph
from graphs.ingest.graph import build as build_ingest
from graphs.ingest.state import IngestProviders
from graphs.query.graph import QueryGraph, SearchGraph, build_search
from graphs.query.graph import build as build_query
from graphs.query.providers import QueryProviders
from providers.protocols import VectorStore
from service.errors import SettingsError
from service.plugins import Providers
from service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflows:
    """The compiled graphs; without a parser there is nothing to ingest with."""

    ingest: IngestGraph | None
    query: QueryGraph
    search: SearchGraph

    @classmethod
    def build(cls, settings: Settings, providers: Providers, database: Database) -> "Workflows":
        """Compile the graphs.

        Those of the query path keep no checkpoints, which cost ten times the graph itself.

        Raises:
            SettingsError: a capability is off that no graph can do without.
        """
        if providers.vector_store is None:
            raise SettingsError("vector_store.enabled: nothing can be found without it; set true")
        if providers.embedder is None and providers.sparse_encoder is None:
            raise SettingsError(
                "embedder.enabled and sparse_encoder.enabled: at least one must be true"
            )
        query = QueryProviders(
            store=providers.vector_store,
            embedder=providers.embedder,
            sparse_encoder=providers.sparse_encoder,
            reranker=providers.reranker,
            chat_model=providers.chat_model,
            fallback=providers.fallback,
        )
        return cls(
            ingest=_ingest(settings, providers, providers.vector_store, database),
            query=build_query(query, database, settings.query).compile(name="query"),
            search=build_search(query, database, settings.query),
        )


def _ingest(
    settings: Settings, providers: Providers, store: VectorStore, database: Database
) -> IngestGraph | None:
    if providers.parser is None:
        return None
    needed = IngestProviders(
        parser=providers.parser,
        vector_store=store,
        embedder=providers.embedder,
        sparse_encoder=providers.sparse_encoder,
        object_store=providers.object_store,
    )
    return build_ingest(needed, database, settings.ingest).compile(name="ingest")
