"""Reads who is asking from a run's configuration."""

from langchain_core.runnables import RunnableConfig

from graphs.errors import MissingPrincipalError
from providers.principal import Principal

PRINCIPAL_KEY = "principal"


def principal_of(config: RunnableConfig) -> Principal:
    """Return the principal that the server put into the run's configuration.

    Raises:
        MissingPrincipalError: there is none, or it is not a `Principal` instance; what a
            caller sends as JSON never is one.
    """
    found = config.get("configurable", {}).get(PRINCIPAL_KEY)
    if not isinstance(found, Principal):
        raise MissingPrincipalError("start the run through the service, which sets the principal")
    return found


def config_for(principal: Principal) -> RunnableConfig:
    """Return the configuration of a run on behalf of `principal`."""
    return {"configurable": {PRINCIPAL_KEY: principal}}
