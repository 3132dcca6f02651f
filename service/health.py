"""How well each capability works right now."""

import asyncio
from collections.abc import Mapping
from importlib.metadata import version
from typing import Final

from data.database import Database
from providers.protocols import Provider
from providers.types import Health, Status
from service.schemas import CapabilityHealth, HealthReport

REQUIRED: Final = frozenset({"database", "vector_store"})
"""Without these no question can be answered; without any other, answers degrade."""
CHECK_TIMEOUT_S: Final = 5.0


class HealthChecker:
    """Asks every provider and the database, at the same time."""

    def __init__(
        self, database: Database, providers: Mapping[str, tuple[str, Provider | None]]
    ) -> None:
        self._database = database
        self._providers = providers

    async def report(self) -> HealthReport:
        """Check everything; takes at most `CHECK_TIMEOUT_S` seconds."""
        names = list(self._providers)
        checks = await asyncio.gather(
            _bounded("database", self._database.dialect, self._database),
            *(_bounded(name, *self._providers[name]) for name in names),
        )
        capabilities = dict(zip(["database", *names], checks, strict=True))
        return HealthReport(
            status=overall(capabilities), version=version("cicerone"), capabilities=capabilities
        )


async def _bounded(
    name: str, plugin: str, provider: Provider | Database | None
) -> CapabilityHealth:
    if provider is None:
        return CapabilityHealth(
            plugin=plugin, status=Status.DISABLED, detail=f"{name}.enabled is false"
        )
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            found = await provider.check()
    except TimeoutError:
        found = Health(
            status=Status.UNAVAILABLE, detail=f"no answer within {CHECK_TIMEOUT_S:.0f} s"
        )
    return CapabilityHealth(
        plugin=plugin,
        status=found.status,
        detail=found.detail,
        model=found.model,
        dimensions=found.dimensions,
        device=found.device,
    )


def overall(capabilities: Mapping[str, CapabilityHealth]) -> Status:
    """Fold the parts: a required one that is down is fatal, any other degrades."""
    states = {name: part.status for name, part in capabilities.items()}
    down = {Status.UNAVAILABLE, Status.DISABLED}
    if any(states.get(name) in down for name in REQUIRED):
        return Status.UNAVAILABLE
    if Status.UNAVAILABLE in states.values() or Status.DEGRADED in states.values():
        return Status.DEGRADED
    return Status.READY
