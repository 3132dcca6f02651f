"""Writes down what hosted embedders and rerankers cost."""

from collections.abc import Mapping
from functools import partial

import structlog
from langgraph.config import get_config

from data.database import Database
from data.values import NewLlmCall, current_trace
from graphs.errors import MissingPrincipalError
from graphs.gateway.accounts import Accounts
from graphs.identity import principal_of
from providers.principal import Principal
from providers.protocols import ReportsUsage
from providers.types import Usage

log = structlog.get_logger(__name__)

OUTCOME = "succeeded"
"""A call that failed cost nothing, and is not reported."""


class UsageLedger:
    """Books the calls of providers that report usage, for whoever's run made them.

    They count against the budget of all roles (`*`) and those of `embed` and `rerank`. The
    money is spent when the report comes, so a budget that is used up by them stops the next
    call of a chat model, not this one.
    """

    def __init__(self, database: Database) -> None:
        self._accounts = Accounts(database)

    def bind(self, providers: Mapping[str, object]) -> None:
        """Listen to those of some providers that report; the key is what they are called for."""
        for function, provider in providers.items():
            if isinstance(provider, ReportsUsage):
                provider.bind_usage(partial(self._report, function))

    async def aclose(self) -> None:
        """Wait a little for what is still being written."""
        await self._accounts.aclose()

    def _report(self, function: str, model: str, usage: Usage) -> None:
        principal = _running_for()
        if principal is None:
            log.warning("usage.of_nobody", function=function, model=model, cost=usage.cost_usd)
            return
        self._accounts.note(
            principal,
            NewLlmCall(
                function=function,
                model=model,
                outcome=OUTCOME,
                input_tokens=usage.input_tokens,
                output_tokens=usage.output_tokens,
                cached_tokens=usage.cached_tokens,
                cost_usd=usage.cost_usd,
                trace_id=current_trace(),
            ),
        )


def _running_for() -> Principal | None:
    """Return on whose behalf the current node runs; None outside of a graph."""
    try:
        return principal_of(get_config())
    except (RuntimeError, MissingPrincipalError):
        return None
