"""Assembles the agent around the tools that it is given."""

from functools import partial
from typing import Any, cast

from langchain_core.runnables import Runnable
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from data.database import Database
from graphs.agent.calling import call_tool
from graphs.agent.databases import Databases
from graphs.agent.following import swap_value
from graphs.agent.receiving import receive
from graphs.agent.recording import record
from graphs.agent.routing import route
from graphs.agent.settings import AgentSettings
from graphs.agent.settling import answer, clarify
from graphs.agent.state import AgentInput, AgentOutput, AgentState, Context
from graphs.agent.steps import Step, as_node
from graphs.agent.tools import Toolbox
from graphs.models import Models
from graphs.query.settings import QuerySettings
from graphs.text_to_sql.settings import SqlSettings
from prompts.catalogue import Catalogue

AgentGraph = CompiledStateGraph[AgentState, Context, AgentInput, AgentOutput]
"""The compiled agent."""
AgentBuilder = StateGraph[AgentState, Context, AgentInput, AgentOutput]
"""The agent before it is compiled."""
_AGENT, _QUERY, _SQL = AgentSettings(), QuerySettings(), SqlSettings()


def build(
    toolbox: Toolbox,
    database: Database,
    *,
    databases: Databases | None = None,
    models: Models | None = None,
    prompts: Catalogue | None = None,
    settings: AgentSettings = _AGENT,
    query: QuerySettings = _QUERY,
    sql: SqlSettings = _SQL,
) -> AgentBuilder:
    """Assemble the agent; compile it with a checkpointer where runs may ask back.

    Without `models`, or without one for the role `agent`, rules choose. `databases` are what
    the toolbox's database tool may be asked about.

    Raises:
        CatalogueError: the prompts are not in order.
    """
    catalogue = prompts or Catalogue.load()
    swap = None
    if databases is not None:
        swap = partial(swap_value, databases=databases, settings=settings, sql=sql)
    steps: dict[str, tuple[Step, tuple[str, ...]]] = {
        "receive": (
            partial(receive, models=models, prompts=catalogue, settings=query, swap=swap),
            ("route",),
        ),
        "route": (
            partial(
                route,
                toolbox=toolbox,
                databases=databases,
                models=models,
                prompts=catalogue,
                settings=settings,
                sql=sql,
            ),
            ("call_tool", "clarify", "answer"),
        ),
        "call_tool": (
            partial(call_tool, toolbox=toolbox),
            ("call_tool", "route", "clarify", "answer"),
        ),
        "clarify": (
            partial(clarify, toolbox=toolbox, settings=settings),
            ("route", "call_tool", "record"),
        ),
        "answer": (answer, ("record",)),
        "record": (partial(record, database=database), (END,)),
    }
    builder = StateGraph(
        AgentState, context_schema=Context, input_schema=AgentInput, output_schema=AgentOutput
    )
    builder.add_edge(START, "receive")
    for name, (step, following) in steps.items():
        node = cast(Runnable[AgentState, Any], as_node(name, step))
        builder.add_node(name, node, destinations=following)
    return builder
