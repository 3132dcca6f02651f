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
from graphs.gateway.gateway import Gateway
from graphs.models import Models
from graphs.query.caching.answers import AnswerCache
from graphs.query.caching.steps import ROUTES, with_cache
from graphs.query.condensing import condense
from graphs.query.context import fit_context
from graphs.query.explaining import explain
from graphs.query.guard import guard_input
from graphs.query.guarding.placing import with_guards
from graphs.query.live_index import LiveIndexes
from graphs.query.looking_again import SecondLook, looks_again
from graphs.query.pacing import UNPACED, Pace
from graphs.query.providers import QueryProviders
from graphs.query.recording import check_citations, record
from graphs.query.reranking import rerank
from graphs.query.retrieval import retrieve
from graphs.query.settings import QuerySettings
from graphs.query.state import (
    Context,
    Decision,
    Outcome,
    QueryInput,
    QueryOutput,
    QueryState,
    SearchOutput,
)
from graphs.query.steps import Node, Steps, as_node, take, turn_of
from graphs.query.synthesis import synthesize
from prompts.catalogue import Catalogue
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
    prompts: Catalogue | None = None,
) -> SearchGraph:
    """Make the search: guard_input, retrieve, and rerank when unsure.

    It is a workflow of one function: a graph of nodes would take half a millisecond more, a
    tenth of a whole search. Run it with the configuration of `graphs.identity.config_for` and
    a `Context`.
    """
    indexes = LiveIndexes(database, settings.default_collection)
    steps = _search_steps(providers, database, settings, indexes)
    second = SecondLook(
        providers=providers,
        database=database,
        indexes=indexes,
        settings=settings,
        prompts=prompts,
    )
    judged = {**steps["retrieve"], "retrieve": second.judge}

    @entrypoint(context_schema=Context, retry_policy=retry)
    async def search(
        given: QueryInput, config: RunnableConfig, runtime: Runtime[Context]
    ) -> SearchOutput:
        turn = turn_of(config, runtime)
        state = cast(QueryState, given)
        if turn.context.strategy is None:
            found = await take(steps["retrieve"], state, turn)
        else:
            found = await take(judged, state, turn)
            if looks_again(found):
                again = await take({"look_again": second.look}, {**state, **found}, turn)
                found = _join(found, again)
        if found["doubtful"]:
            found = _join(found, await take(steps["rerank"], {**state, **found}, turn))
        output: SearchOutput = {
            "passages": found["passages"],
            "reranked": found.get("reranked", False),
            "degraded": found["degraded"],
            "timings_ms": dict(found["timings_ms"]),
        }
        if turn.context.explain:
            output["explanation"] = await explain(
                [Decision(passage, Outcome.KEPT) for passage in found["passages"]],
                found.get("dropped", []),
                (),
                turn,
                database,
                question=found["question"],
                language=found["language"],
            )
        return output

    return cast(SearchGraph, search)


def build(
    providers: QueryProviders,
    database: Database,
    settings: QuerySettings,
    *,
    retry: RetryPolicy = STORE_RETRY,
    prompts: Catalogue | None = None,
    answers: AnswerCache | None = None,
    pace: Pace = UNPACED,
) -> StateGraph[QueryState, Context, QueryInput, QueryOutput]:
    """Assemble the answer: the search, then context, writing, checking and recording.

    Without `prompts` the service's own are taken; `pace` says when an answer is written down.

    Raises:
        CatalogueError: the prompts are not in order.
    """
    builder = StateGraph(
        QueryState, context_schema=Context, input_schema=QueryInput, output_schema=QueryOutput
    )
    indexes = LiveIndexes(database, settings.default_collection)
    steps = _search_steps(providers, database, settings, indexes)
    second = SecondLook(
        providers=providers,
        database=database,
        indexes=indexes,
        settings=settings,
        prompts=prompts,
    )
    nodes: dict[str, Steps] = {
        "retrieve": {
            "guard_input": steps["retrieve"]["guard_input"],
            "condense": partial(
                condense, models=providers.models, settings=settings, prompts=prompts
            ),
            "retrieve": second.judge,
        },
        "look_again": {"look_again": second.look},
        "rerank": steps["rerank"],
        "fit_context": {
            "fit_context": partial(fit_context, database=database, settings=settings.context)
        },
        "synthesize": {
            "synthesize": partial(
                synthesize,
                models=_models(providers, database, settings),
                settings=settings.answer,
                prompts=prompts or Catalogue.load(),
                guards=providers.guards,
            )
        },
        "check_citations": {"check_citations": check_citations},
        "record": {"record": partial(record, database=database, pace=pace)},
    }
    if providers.guards is not None:
        nodes = with_guards(nodes, providers.guards, providers.embedder, database, settings)
    _chain(builder, with_cache(nodes, answers), retry)
    return builder


def _models(providers: QueryProviders, database: Database, settings: QuerySettings) -> Models:
    return providers.models or Gateway.of_models(
        providers.chat_model,
        providers.fallback,
        database,
        idle_timeout_s=settings.answer.idle_timeout_s,
    )


def _search_steps(
    providers: QueryProviders,
    database: Database,
    settings: QuerySettings,
    indexes: LiveIndexes,
) -> dict[str, Steps]:
    """Return the steps of a search, by the node that takes them."""
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
    certain = names[names.index("rerank") + 1]
    branches = {
        "retrieve": (partial(_after_retrieve, certain=certain), ("look_again", "rerank", certain)),
        "look_again": (partial(_after_look, certain=certain), ("rerank", certain)),
    }
    builder.add_edge(START, names[0])
    for name, following in pairwise(names):
        if name in branches:
            route, destinations = branches[name]
            builder.add_node(
                name,
                _runnable(as_node(nodes[name], route)),
                retry_policy=retry if name == "retrieve" else None,
                destinations=destinations,
            )
        elif name in ROUTES:
            choose, places = ROUTES[name]
            node = _runnable(as_node(nodes[name], choose))
            builder.add_node(name, node, destinations=places)
        else:
            builder.add_node(name, _runnable(as_node(nodes[name])))
            builder.add_edge(name, following)


def _after_retrieve(found: QueryState, *, certain: str) -> str:
    """Look again only at what is in doubt: even a node that does nothing takes its time."""
    return "look_again" if looks_again(found) else _after_look(found, certain=certain)


def _after_look(found: QueryState, *, certain: str) -> str:
    return "rerank" if found["doubtful"] else certain


def _join(found: QueryState, update: QueryState) -> QueryState:
    """Add what a later step changed, as the graph's state would."""
    joined: QueryState = {**found, **update}
    joined["degraded"] = [*found["degraded"], *update.get("degraded", [])]
    joined["timings_ms"] = {**found["timings_ms"], **update["timings_ms"]}
    return joined


def _runnable(node: Node) -> Runnable[QueryState, QueryState]:
    # A node may take configuration and runtime together; the signatures lack that case.
    return cast(Runnable[QueryState, QueryState], node)
