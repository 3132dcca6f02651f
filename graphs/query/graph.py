"""Assembles the query workflows around their providers."""

from functools import partial
from itertools import pairwise
from typing import cast

from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import RetryPolicy

from data.database import Database
from graphs.query.context import fit_context
from graphs.query.guard import guard_input
from graphs.query.live_index import LiveIndexes
from graphs.query.providers import QueryProviders
from graphs.query.recording import check_citations, record
from graphs.query.reranking import rerank
from graphs.query.retrieval import retrieve
from graphs.query.settings import QuerySettings
from graphs.query.state import Context, QueryInput, QueryOutput, QueryState, SearchOutput
from graphs.query.steps import Node, Step, as_node
from graphs.query.synthesis import synthesize
from providers.errors import TransientProviderError

QueryGraph = CompiledStateGraph[QueryState, Context, QueryInput, QueryOutput]
"""The compiled answer workflow."""
SearchGraph = CompiledStateGraph[QueryState, Context, QueryInput, SearchOutput]
"""The compiled search workflow."""

STORE_RETRY = RetryPolicy(
    retry_on=TransientProviderError, max_attempts=3, initial_interval=0.1, max_interval=1.0
)
"""For the node `retrieve` only: a repeated `synthesize` would say its sentences twice."""


def build_search(
    providers: QueryProviders,
    database: Database,
    settings: QuerySettings,
    *,
    retry: RetryPolicy = STORE_RETRY,
) -> StateGraph[QueryState, Context, QueryInput, SearchOutput]:
    """Assemble the search: guard_input and retrieve in one node → rerank when unsure.

    Compile it once and without a checkpointer; run it with the configuration of
    `graphs.identity.config_for` and a `Context`.
    """
    builder = StateGraph(
        QueryState, context_schema=Context, input_schema=QueryInput, output_schema=SearchOutput
    )
    _chain(builder, _search_nodes(providers, database, settings), retry)
    return builder


def build(
    providers: QueryProviders,
    database: Database,
    settings: QuerySettings,
    *,
    retry: RetryPolicy = STORE_RETRY,
) -> StateGraph[QueryState, Context, QueryInput, QueryOutput]:
    """Assemble the answer: the search, then context, writing, checking and recording."""
    builder = StateGraph(
        QueryState, context_schema=Context, input_schema=QueryInput, output_schema=QueryOutput
    )
    nodes: dict[str, dict[str, Step]] = {
        **_search_nodes(providers, database, settings),
        "fit_context": {"fit_context": partial(fit_context, settings=settings.context)},
        "synthesize": {
            "synthesize": partial(synthesize, providers=providers, settings=settings.answer)
        },
        "check_citations": {"check_citations": check_citations},
        "record": {"record": partial(record, database=database)},
    }
    _chain(builder, nodes, retry)
    return builder


def _search_nodes(
    providers: QueryProviders, database: Database, settings: QuerySettings
) -> dict[str, dict[str, Step]]:
    indexes = LiveIndexes(database, settings.default_collection)
    return {
        "retrieve": {
            "guard_input": partial(guard_input, settings=settings),
            "retrieve": partial(
                retrieve, providers=providers, database=database, indexes=indexes, settings=settings
            ),
        },
        "rerank": {
            "rerank": partial(rerank, reranker=providers.reranker, settings=settings.rerank)
        },
    }


def _chain(
    builder: "StateGraph[QueryState, Context, QueryInput, SearchOutput]"
    " | StateGraph[QueryState, Context, QueryInput, QueryOutput]",
    nodes: dict[str, dict[str, Step]],
    retry: RetryPolicy,
) -> None:
    names = (*nodes, END)
    builder.add_edge(START, names[0])
    for name, following in pairwise(names):
        if name == "retrieve":
            after = names[names.index("rerank") + 1]
            builder.add_node(
                name,
                _runnable(as_node(nodes[name], partial(_after_retrieve, certain=after))),
                retry_policy=retry,
                destinations=("rerank", after),
            )
        else:
            builder.add_node(name, _runnable(as_node(nodes[name])))
            builder.add_edge(name, following)


def _after_retrieve(found: QueryState, *, certain: str) -> str:
    """Look again only at what is in doubt: even a node that does nothing takes its time."""
    return "rerank" if found["doubtful"] else certain


def _runnable(node: Node) -> Runnable[QueryState, QueryState]:
    # A node may take configuration and runtime together; the signatures lack that case.
    return cast(Runnable[QueryState, QueryState], node)
