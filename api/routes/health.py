"""How the service is."""

import asyncio
import time
from typing import Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from api.dependencies import Reader, Services
from api.documentation import problems
from providers.types import Status
from service.container import Container
from service.schemas import HealthReport

router = APIRouter(tags=["health"])
CACHE_S = 2.0
"""Seconds that a probe's report is kept, so that probes cannot load the providers."""


class Liveness(BaseModel):
    """The process runs."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Whether questions can be answered, and what is in the way."""

    status: Status
    waiting_for: list[str] = Field(examples=[["vector_store"]])


class ReportCache:
    """Remembers the newest report for `CACHE_S` seconds."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._found: tuple[float, HealthReport] | None = None

    async def report(self, container: Container) -> HealthReport:
        """Return a report that is at most `CACHE_S` old."""
        async with self._lock:
            if self._found is None or time.monotonic() - self._found[0] > CACHE_S:
                self._found = (time.monotonic(), await container.health.report())
            return self._found[1]


@router.get("/healthz", summary="Liveness")
async def healthz() -> Liveness:
    """Tell that the process answers; needs no credential and touches nothing."""
    return Liveness()


@router.get(
    "/readyz",
    summary="Readiness",
    responses={503: {"model": Readiness, "description": "A required capability is unavailable."}},
)
async def readyz(request: Request, response: Response, services: Services) -> Readiness:
    """Tell whether traffic may come; needs no credential and names capabilities only."""
    cache: ReportCache = request.app.state.health
    report = await cache.report(services)
    if report.status is Status.UNAVAILABLE:
        response.status_code = 503
    down = [name for name, part in report.capabilities.items() if part.status is Status.UNAVAILABLE]
    return Readiness(status=report.status, waiting_for=sorted(down))


@router.get("/api/health", summary="Health of each capability", responses=problems())
async def health(services: Services, principal: Reader) -> HealthReport:
    """Check every capability now, and tell its plugin, model and state."""
    return await services.health.report()
