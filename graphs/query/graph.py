"""Assembles the query workflows around their providers."""

from functools import partial
from itertools import pairwise
from typing import cast

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.func import entrypoint
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.pregel import Pregel
from langgraph.runtime import Runtime
from langgraph.types import RetryPolicy

from data.database import Database
from graphs.query.context import fit_context
from graphs.query.guard import guard_input
from graphs.query.guarding.placing import with_guards
from graphs.query.live_index import LiveIndexes
from graphs.query.providers import QueryProviders
from graphs.query.recording import check_citations, record
from graphs.query.reranking import rerank
from graphs.query.retrieval import retrieve
from graphs.query.settings import QuerySettings
from graphs.query.state import Context, QueryInput, QueryOutput, QueryState, SearchOutput
from graphs.query.steps import Node, Steps, as_node, take, turn_of
from graphs.query.synthesis import synthesize
from providers.errors import TransientProviderError

QueryGraph = CompiledStateGraph[QueryState, Context, QueryInput, QueryOutput]
"""The compiled answer workflow."""
SearchGraph = Pregel[QueryInput, Context, QueryInput, SearchOutput]
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
) -> SearchGraph:
    """Make the search: guard_input, retrieve, and rerank when unsure.

    It is a workflow of one function: a graph of nodes would take half a millisecond more, a
    tenth of a whole search. Run it with the configuration of `graphs.identity.config_for` and
    a `Context`.
    """
    steps = _search_steps(providers, database, settings)

    @entrypoint(context_schema=Context, retry_policy=retry)
    async def search(
        given: QueryInput, config: RunnableConfig, runtime: Runtime[Context]
    ) -> SearchOutput:
        turn = turn_of(config, runtime)
        state = cast(QueryState, given)
        found = await take(steps["retrieve"], state, turn)
        again: QueryState = {}
        if found["doubtful"]:
            again = await take(steps["rerank"], {**state, **found}, turn)
        return {
            "passages": again.get("passages", found["passages"]),
            "reranked": again.get("reranked", False),
            "degraded": [*found["degraded"], *again.get("degraded", [])],
            "timings_ms": {**found["timings_ms"], **again.get("timings_ms", {})},
        }

    return cast(SearchGraph, search)


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
    nodes: dict[str, Steps] = {
        **_search_steps(providers, database, settings),
        "fit_context": {"fit_context": partial(fit_context, settings=settings.context)},
        "synthesize": {
            "synthesize": partial(synthesize, providers=providers, settings=settings.answer)
        },
        "check_citations": {"check_citations": check_citations},
        "record": {"record": partial(record, database=database)},
    }
    if providers.guards is not None:
        nodes = with_guards(nodes, providers.guards, providers.embedder, database, settings)
    _chain(builder, nodes, retry)
    return builder


def _search_steps(
    providers: QueryProviders, database: Database, settings: QuerySettings
) -> dict[str, Steps]:
    """Return the steps of a search, by the node that takes them."""
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
    builder: StateGraph[QueryState, Context, QueryInput, QueryOutput],
    nodes: dict[str, Steps],
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
