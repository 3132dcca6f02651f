"""Entry points of `langgraph.json`: the graphs as LangGraph Studio debugs them.

Studio runs them in a process of its own over the same home folder, so stop the server
first. They act for the local principal; what a caller writes into the run's configuration
replaces it by something that is no `Principal`, and such a run is refused.
"""

from dataclasses import dataclass
from functools import cache

from data.database import Database
from graphs.agent.graph import AgentGraph
from graphs.agent.graph import build as build_agent
from graphs.agent.tools import Toolbox
from graphs.identity import config_for
from graphs.query.graph import QueryGraph, SearchGraph
from graphs.text_to_sql.graph import SqlGraph
from providers.principal import local_principal
from service.agent_tools import ServiceDatabases
from service.owner import HomeLock
from service.plugins import Providers, load_providers
from service.prompting import catalogue_of
from service.settings import Settings, load_settings
from service.workflows import Workflows
from tools.ask_documents import AskDocuments
from tools.query_database import QueryDatabase


@dataclass(frozen=True, slots=True)
class Opened:
    """The graphs and what they stand on; the home folder is this process's until it ends."""

    graphs: Workflows
    database: Database
    providers: Providers
    lock: HomeLock
    settings: Settings

    async def aclose(self) -> None:
        """Give everything back; a process that ends does so by itself."""
        await self.providers.aclose()
        await self.database.aclose()
        self.lock.release()


@cache
def workflows() -> Opened:
    """Open the home folder once for all graphs.

    Raises:
        HomeInUseError: a server or command owns it.
    """
    settings = load_settings()
    lock = HomeLock(settings.home)
    lock.acquire()
    database = Database.open(settings.database_url, settings.database.options)
    providers = load_providers(settings)
    graphs = Workflows.build(settings, providers, database)
    return Opened(graphs, database, providers, lock, settings)


def query() -> QueryGraph:
    """Make the query graph."""
    return workflows().graphs.query.with_config(config_for(local_principal()))


def text_to_sql() -> SqlGraph:
    """Make the graph that answers from databases."""
    graph = workflows().graphs.sql.make().compile(name="text_to_sql")
    return graph.with_config(config_for(local_principal()))


def agent() -> AgentGraph:
    """Make the agent over documents and databases; rules choose."""
    opened = workflows()
    sql = opened.graphs.sql
    built = build_agent(
        Toolbox(
            documents=AskDocuments(opened.graphs.query),
            database=QueryDatabase(sql.make().compile(name="text_to_sql")),
        ),
        opened.database,
        databases=ServiceDatabases(sql.datasources, sql.desks),
        prompts=catalogue_of(opened.settings.prompts),
        settings=opened.settings.agent,
        query=opened.settings.query,
        sql=opened.settings.sql,
    )
    graph = built.compile(name="agent")
    return graph.with_config(config_for(local_principal()))


def search() -> SearchGraph:
    """Make the search graph."""
    return workflows().graphs.search.with_config(config_for(local_principal()))
