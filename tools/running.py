"""How a tool runs its graph: on behalf of a principal, as a part of the current trace."""

from typing import Any, Protocol

from langchain_core.runnables import RunnableConfig

from graphs.identity import config_for
from graphs.query import state as query
from graphs.query.steps import TRACE_ID_KEY
from graphs.text_to_sql import state as text_to_sql
from providers.principal import Principal
from providers.telemetry import current


class DocumentGraph(Protocol):
    """The search or the answer graph, or what keeps a record of its runs."""

    async def ainvoke(
        self, start: query.QueryInput, config: RunnableConfig, /, *, context: query.Context
    ) -> Any:
        """Run to the end; returns a `SearchOutput` or a `QueryOutput`."""
        ...


class DatabaseGraph(Protocol):
    """The graph that answers from databases, or what keeps a record of its runs."""

    async def ainvoke(
        self,
        start: text_to_sql.SqlInput,
        config: RunnableConfig,
        /,
        *,
        context: text_to_sql.Context,
    ) -> Any:
        """Run to the end; returns a `SqlOutput`."""
        ...


def run_config(principal: Principal) -> RunnableConfig:
    """Return the configuration of a tool's run; what it writes names the trace it is part of."""
    config = config_for(principal)
    run = current().run
    config["configurable"][TRACE_ID_KEY] = None if run is None else run.trace_id
    return config
