"""How a tool runs its graph: on behalf of a principal, as a part of the current trace."""

from langchain_core.runnables import RunnableConfig

from graphs.identity import config_for
from graphs.query.steps import TRACE_ID_KEY
from providers.principal import Principal
from providers.telemetry import current


def run_config(principal: Principal) -> RunnableConfig:
    """Return the configuration of a tool's run; what it writes names the trace it is part of."""
    config = config_for(principal)
    run = current().run
    config["configurable"][TRACE_ID_KEY] = None if run is None else run.trace_id
    return config
