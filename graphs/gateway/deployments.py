"""A model behind the gateway, with what has been seen of it."""

import time
from dataclasses import dataclass, field

from graphs.gateway.settings import GatewaySettings
from graphs.models import Role
from providers.errors import (
    ProviderAccessError,
    ProviderError,
    TransientProviderError,
)
from providers.protocols import ChatModel, Priced
from providers.types import Health, Status, TokenPrices, Usage

_WEIGHT = 0.2
"""Share of the newest call in the moving average: some ten calls are remembered."""


@dataclass(kw_only=True)
class Deployment:
    """One model; `name` is what the settings call it.

    What was measured is this process's own: each worker finds out for itself.
    """

    name: str
    model: ChatModel
    prices: TokenPrices | None = None
    quality: float = 0.5
    latency_ms: float | None = None
    failures: int = 0
    rests_until: float = 0.0
    _measured: dict[Role, float] = field(default_factory=dict)

    async def known_prices(self) -> TokenPrices | None:
        """Return the prices; a model of this machine is free, None is not known.

        Raises:
            ProviderError: the plugin cannot say.
        """
        if self.prices is not None:
            return self.prices
        return await self.model.prices() if isinstance(self.model, Priced) else TokenPrices()

    def charged(self, usage: Usage) -> float:
        """Return what a call cost in US dollars, by the settings' prices where there are any."""
        if self.prices is None:
            return usage.cost_usd
        return self.prices.cost(
            read=usage.input_tokens, written=usage.output_tokens, cached=usage.cached_tokens
        )

    def latency(self, role: Role) -> float | None:
        """Return what a call of a role takes in milliseconds, as measured or as declared."""
        return self._measured.get(role, self.latency_ms)

    def rests_for(self) -> float:
        """Return for how many seconds the model is still left alone."""
        return max(0.0, self.rests_until - time.monotonic())

    def rest(self, seconds: float) -> None:
        """Leave the model alone."""
        self.rests_until = max(self.rests_until, time.monotonic() + seconds)

    def succeeded(self, role: Role, took_ms: float) -> None:
        """Note a reply."""
        self.failures = 0
        before = self._measured.get(role, took_ms)
        self._measured[role] = before + _WEIGHT * (took_ms - before)

    def failed(self, error: ProviderError, settings: GatewaySettings) -> None:
        """Note a failure; one that is the request's fault says nothing of the model."""
        if not isinstance(error, TransientProviderError | ProviderAccessError):
            return
        self.failures += 1
        if self.failures >= settings.cooldown_after:
            self.rest(settings.cooldown_s)

    async def check(self) -> Health:
        """Tell how well the model works; one that is left alone is not asked."""
        if (seconds := self.rests_for()) > 0:
            detail = f"left alone for {seconds:.0f} s after {self.failures} failures in a row"
            return Health(status=Status.DEGRADED, detail=detail, model=self.model.model)
        return await self.model.check()

    async def aclose(self) -> None:
        """Release what the model holds."""
        await self.model.aclose()
