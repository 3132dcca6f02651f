"""Assembles the query workflows around their providers."""

from functools import partial
from typing import cast

from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import RetryPolicy

from data.database import Database
from graphs.query.context import fit_context
from graphs.query.guard import guard_input
from graphs.query.providers import QueryProviders
from graphs.query.recording import check_citations, record
from graphs.query.reranking import rerank
from graphs.query.retrieval import retrieve
from graphs.query.settings import QuerySettings
from graphs.query.state import Context, QueryInput, QueryOutput, QueryState, SearchOutput
from graphs.query.steps import Step, as_node
from graphs.query.synthesis import synthesize
from providers.errors import TransientProviderError

QueryGraph = CompiledStateGraph[QueryState, Context, QueryInput, QueryOutput]
"""The compiled answer workflow."""
SearchGraph = CompiledStateGraph[QueryState, Context, QueryInput, SearchOutput]
"""The compiled search workflow."""

STORE_RETRY = RetryPolicy(
    retry_on=TransientProviderError, max_attempts=3, initial_interval=0.1, max_interval=1.0
)
"""For `retrieve` only: a repeated `synthesize` would say its sentences twice."""


def build_search(
    providers: QueryProviders,
    database: Database,
    settings: QuerySettings,
    *,
    retry: RetryPolicy = STORE_RETRY,
) -> StateGraph[QueryState, Context, QueryInput, SearchOutput]:
    """Assemble the search: guard_input → retrieve → rerank.

    Compile it once and without a checkpointer; run it with the configuration of
    `graphs.identity.config_for` and a `Context`.
    """
    builder = StateGraph(
        QueryState, context_schema=Context, input_schema=QueryInput, output_schema=SearchOutput
    )
    _chain(builder, _search_steps(providers, database, settings), retry)
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
    steps: dict[str, Step] = {
        **_search_steps(providers, database, settings),
        "fit_context": partial(fit_context, settings=settings.context),
        "synthesize": partial(synthesize, providers=providers, settings=settings.answer),
        "check_citations": check_citations,
        "record": partial(record, database=database),
    }
    _chain(builder, steps, retry)
    return builder


def _search_steps(
    providers: QueryProviders, database: Database, settings: QuerySettings
) -> dict[str, Step]:
    return {
        "guard_input": partial(guard_input, settings=settings),
        "retrieve": partial(retrieve, providers=providers, database=database, settings=settings),
        "rerank": partial(rerank, reranker=providers.reranker, settings=settings.rerank),
    }


def _chain(
    builder: "StateGraph[QueryState, Context, QueryInput, SearchOutput]"
    " | StateGraph[QueryState, Context, QueryInput, QueryOutput]",
    steps: dict[str, Step],
    retry: RetryPolicy,
) -> None:
    previous = START
    for name, step in steps.items():
        # A node may take configuration and runtime together; the signatures lack that case.
        node = cast(Runnable[QueryState, QueryState], as_node(name, step))
        builder.add_node(name, node, retry_policy=retry if name == "retrieve" else None)
        builder.add_edge(previous, name)
        previous = name
    builder.add_edge(previous, END)
