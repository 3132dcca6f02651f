"""Assembles the graph that answers questions from a database."""

from functools import partial
from typing import Any, cast

from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graphs.models import Models
from graphs.text_to_sql.answering import answer, clarify, learn
from graphs.text_to_sql.desk import Desks
from graphs.text_to_sql.generating import generate
from graphs.text_to_sql.recalling import link, recall_example
from graphs.text_to_sql.receiving import classify, intake, scope
from graphs.text_to_sql.repairing import repair
from graphs.text_to_sql.running import check, execute, plan, validate
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import Context, SqlInput, SqlOutput, SqlState
from graphs.text_to_sql.steps import Step, as_node
from prompts.catalogue import Catalogue

SqlGraph = CompiledStateGraph[SqlState, Context, SqlInput, SqlOutput]
"""The compiled workflow."""
SqlBuilder = StateGraph[SqlState, Context, SqlInput, SqlOutput]
"""The workflow before it is compiled."""
_DEFAULTS = SqlSettings()


def build(
    desks: Desks,
    *,
    models: Models | None = None,
    prompts: Catalogue | None = None,
    settings: SqlSettings = _DEFAULTS,
) -> SqlBuilder:
    """Assemble the graph; compile it with a checkpointer where runs may ask back.

    Without `models`, or without one for the role `sql`, verified questions and rules must do.

    Raises:
        CatalogueError: the prompts are not in order.
    """
    catalogue = prompts or Catalogue.load()
    steps: dict[str, tuple[Step, tuple[str, ...]]] = {
        "intake": (partial(intake, settings=settings), ("scope",)),
        "scope": (partial(scope, desks=desks), ("classify",)),
        "classify": (classify, ("link", "answer", "clarify")),
        "link": (partial(link, desks=desks, settings=settings), ("recall",)),
        "recall": (
            partial(recall_example, desks=desks, settings=settings),
            ("validate", "generate"),
        ),
        "generate": (
            partial(generate, desks=desks, models=models, prompts=catalogue, settings=settings),
            ("validate", "clarify"),
        ),
        "validate": (partial(validate, desks=desks), ("plan", "repair", "answer")),
        "plan": (partial(plan, desks=desks), ("execute", "repair", "link", "answer")),
        "execute": (partial(execute, desks=desks), ("check", "repair", "link", "answer")),
        "check": (partial(check, desks=desks), ("answer", "repair")),
        "repair": (
            partial(repair, desks=desks, models=models, prompts=catalogue, settings=settings),
            ("validate", "answer"),
        ),
        "clarify": (partial(clarify, desks=desks, settings=settings), ("intake", END)),
        "answer": (answer, ("learn", END)),
        "learn": (learn, (END,)),
    }
    builder = StateGraph(
        SqlState, context_schema=Context, input_schema=SqlInput, output_schema=SqlOutput
    )
    builder.add_edge(START, "intake")
    for name, (step, following) in steps.items():
        node = cast(Runnable[SqlState, Any], as_node(name, step))
        builder.add_node(name, node, destinations=following)
    return builder
