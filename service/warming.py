"""Gets guardrails ready in the background, so that the first question need not wait."""

import asyncio
from collections.abc import Mapping

import structlog

from providers.protocols import Guardrail
from providers.types import Status

_LOG = structlog.get_logger()


class Warming:
    """Work that goes on while the service already answers."""

    def __init__(self, task: asyncio.Task[None]) -> None:
        self._task = task

    async def aclose(self) -> None:
        """Stop it."""
        self._task.cancel()
        await asyncio.wait([self._task])


def warming(guardrails: Mapping[str, Guardrail]) -> Warming:
    """Start to check each guardrail, which loads what it needs."""
    return Warming(asyncio.create_task(_warm(guardrails)))


async def _warm(guardrails: Mapping[str, Guardrail]) -> None:
    for name, rail in guardrails.items():
        health = await rail.check()
        if health.status is not Status.READY:
            _LOG.warning("guardrail.not_ready", guardrail=name, detail=health.detail)
