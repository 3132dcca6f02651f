"""Entry points of `langgraph.json`: the graphs as LangGraph Studio debugs them.

Studio runs them in a process of its own over the same home folder, so stop the server
first. They act for the local principal; what a caller writes into the run's configuration
replaces it by something that is no `Principal`, and such a run is refused.
"""

import atexit
from functools import cache

from data.database import Database
from graphs.identity import config_for
from graphs.query.graph import QueryGraph, SearchGraph
from providers.principal import local_principal
from service.owner import HomeLock
from service.plugins import load_providers
from service.settings import load_settings
from service.workflows import Workflows


@cache
def _workflows() -> Workflows:
    settings = load_settings()
    lock = HomeLock(settings.home)
    lock.acquire()
    atexit.register(lock.release)
    database = Database.open(settings.database_url)
    return Workflows.build(settings, load_providers(settings), database)


def query() -> QueryGraph:
    """Make the query graph."""
    return _workflows().query.with_config(config_for(local_principal()))


def search() -> SearchGraph:
    """Make the search graph."""
    return _workflows().search.with_config(config_for(local_principal()))
