"""What Prometheus reads, and what the objectives say."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.app import create_app
from providers.principal import Role, local_principal
from service.container import Container, open_container
from service.settings import Settings
from tests.api.conftest import MANUAL, Upload

TOKEN = "a-token-of-prometheus"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return Settings.model_validate(
        {**settings.model_dump(exclude_defaults=True), "metrics": {"token": TOKEN}}
    )


@pytest.fixture
async def container(settings: Settings) -> AsyncIterator[Container]:
    async with open_container(settings) as opened:
        yield opened


def values(text: str) -> dict[str, float]:
    """Return the samples by name and labels."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_everything_that_is_promised_is_counted(
    client: httpx.AsyncClient, upload: Upload
) -> None:
    await upload(client, "manual.md", MANUAL.encode())
    await client.post("/api/ask", json={"question": "How often should I descale the boiler?"})
    await client.post("/api/ask", json={"question": "How often should I descale the boiler?"})
    await client.post("/api/ask", json={"question": "What does Jupiter weigh?"})
    await client.get("/api/documents/unknown")
    response = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.headers["content-type"].startswith("text/plain")
    found = values(response.text)
    assert found["cicerone_http_requests_total['/api/ask', '200', 'POST']"] == 3
    assert found["cicerone_http_requests_total['/api/documents/{document_id}', '404', 'GET']"] == 1
    assert found["cicerone_http_request_seconds_count['/api/ask']"] == 3
    assert found["cicerone_node_seconds_count['synthesize']"] == 2
    assert found["cicerone_node_seconds_count['parse']"] == 1
    assert found["cicerone_runs_total['query', 'succeeded']"] == 3
    assert found["cicerone_answers_total['answered']"] == 2
    assert found["cicerone_answers_total['abstained']"] == 1
    assert found["cicerone_cache_hits_total['exact']"] == 1
    assert found["cicerone_retrievals_total['some']"] == 2
    assert found["cicerone_tokens_total['extractive', 'output', 'synthesize']"] > 0
    assert "cicerone_cost_usd_total['extractive', 'synthesize']" in found
    assert found["cicerone_jobs_ended_total['ingest', 'succeeded']"] == 1
    assert found["cicerone_queue_depth[]"] == 0
    assert found["cicerone_queue_age_seconds[]"] == 0
    assert found["cicerone_documents['indexed']"] == 1
    assert found["cicerone_arrivals['fresh']"] == 1
    assert found["cicerone_capability_health['vector_store']"] == 1
    assert found["cicerone_spans_not_kept_total['queue_full']"] == 0


async def test_objectives_are_measured_from_what_happened(
    client: httpx.AsyncClient, container: Container, manual: dict[str, Any]
) -> None:
    await client.post("/api/ask", json={"question": "How often should I descale the boiler?"})
    found = {each["name"]: each for each in (await client.get("/api/slo")).json()["objectives"]}
    assert found["answers.availability"]["measured"] == 1.0
    assert found["answers.latency"]["total"] == 1
    assert found["ingestion.freshness"]["good"] == 1
    assert found["ingestion.completeness"]["budget_left"] == 1.0
    assert found["ingestion.quarantine"]["met"] is True


async def test_a_wrong_token_is_no_way_in(client: httpx.AsyncClient, container: Container) -> None:
    await container.keys.create(local_principal(), "closes", Role.ADMIN)
    response = await client.get("/metrics", headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401


async def test_metrics_may_be_switched_off(settings: Settings, container: Container) -> None:
    off = settings.model_copy(
        update={"metrics": settings.metrics.model_copy(update={"enabled": False})}
    )
    app = create_app(off, container)
    app.state.container = container
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        assert (await client.get("/metrics")).status_code == 404
