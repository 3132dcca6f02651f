"""Probes and the health report."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace

import httpx

from api.app import create_app
from providers.types import Health, Status
from service.container import Container
from service.health import HealthChecker
from service.schemas import HealthReport
from service.settings import Settings

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


async def test_a_fresh_service_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["waiting_for"] == []


async def test_the_report_names_each_capability(client: httpx.AsyncClient) -> None:
    report = HealthReport.model_validate((await client.get("/api/health")).json())
    assert report.capabilities["vector_store"].status is Status.READY
    assert report.capabilities["guardrails.rules"].status is Status.READY


class Broken:
    """A vector store that does not answer."""

    async def check(self) -> Health:
        return Health(status=Status.UNAVAILABLE, detail="connection refused at 10.1.2.3")

    async def aclose(self) -> None:
        """Hold nothing."""


async def test_is_not_ready_without_a_required_capability(
    settings: Settings, container: Container, connect: Connect
) -> None:
    checker = HealthChecker(container.database, {"vector_store": ("qdrant", Broken())})
    app = create_app(settings, replace(container, health=checker))
    async with connect(app) as client:
        response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"status": "unavailable", "waiting_for": ["vector_store"]}
