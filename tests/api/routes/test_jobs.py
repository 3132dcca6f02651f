"""Jobs and their events."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Upload = Callable[..., Awaitable[dict[str, Any]]]


def _ids(text: str) -> list[int]:
    return [int(line[3:]) for line in text.splitlines() if line.startswith("id:")]


@pytest.fixture
async def job(client: httpx.AsyncClient, manual: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/api/jobs")).json()[0]
    return found


async def test_lists_and_shows_jobs(client: httpx.AsyncClient, job: dict[str, Any]) -> None:
    shown = (await client.get(f"/api/jobs/{job['job_id']}")).json()
    assert shown["status"] == "succeeded"
    assert shown["collection"] == "default"


async def test_events_end_with_the_job_and_resume(
    client: httpx.AsyncClient, job: dict[str, Any]
) -> None:
    address = f"/api/jobs/{job['job_id']}/events"
    first = await client.get(address)
    assert first.status_code == 200
    assert first.headers["content-type"].startswith("text/event-stream")
    ids = _ids(first.text)
    assert ids == list(range(1, len(ids) + 1))
    assert len(ids) >= 2
    resumed = await client.get(address, headers={"Last-Event-ID": "1"})
    assert _ids(resumed.text) == ids[1:]
    nothing_new = await client.get(address, headers={"Last-Event-ID": str(ids[-1])})
    assert nothing_new.status_code == 204


async def test_cancelling_an_ended_job_changes_nothing(
    client: httpx.AsyncClient, job: dict[str, Any]
) -> None:
    response = await client.post(f"/api/jobs/{job['job_id']}/cancel")
    assert response.status_code == 200
    assert response.json()["status"] == "succeeded"


@pytest.mark.parametrize("job_id", ["x", "00000000-0000-0000-0000-000000000000", "a%00b", "'--"])
async def test_unknown_jobs_are_problems(client: httpx.AsyncClient, job_id: str) -> None:
    for response in (
        await client.get(f"/api/jobs/{job_id}"),
        await client.get(f"/api/jobs/{job_id}/events"),
        await client.post(f"/api/jobs/{job_id}/cancel"),
    ):
        assert response.status_code in (404, 422)
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("last", ["x", "-1", "9" * 40])
async def test_a_wrong_event_id_is_refused(
    client: httpx.AsyncClient, job: dict[str, Any], last: str
) -> None:
    response = await client.get(
        f"/api/jobs/{job['job_id']}/events", headers={"Last-Event-ID": last}
    )
    assert response.status_code == 422


@pytest.mark.parametrize("action", ["pause", "resume"])
async def test_steering_an_ended_job_changes_nothing(
    client: httpx.AsyncClient, job: dict[str, Any], action: str
) -> None:
    response = await client.post(f"/api/jobs/{job['job_id']}/{action}")
    assert response.status_code == 200
    assert response.json()["status"] == "succeeded"


async def test_a_job_that_went_well_is_not_tried_again(
    client: httpx.AsyncClient, job: dict[str, Any]
) -> None:
    response = await client.post(f"/api/jobs/{job['job_id']}/retry")
    assert response.status_code == 409
    assert response.json()["type"] == "/problems/job-not-retriable"


async def test_the_list_can_be_narrowed(client: httpx.AsyncClient, job: dict[str, Any]) -> None:
    async def ids(query: str) -> list[str]:
        return [found["job_id"] for found in (await client.get(f"/api/jobs?{query}")).json()]

    assert await ids("status=succeeded") == [job["job_id"]]
    assert await ids("status=failed") == []
    assert await ids("dead=true") == []
    assert (await client.get("/api/jobs?status=nonsense")).status_code == 422


async def test_a_job_whose_files_cannot_be_used_is_quarantined(client: httpx.AsyncClient) -> None:
    started = await client.post("/api/documents", files=[("files", ("a.md", b"%PDF-1.7 broken"))])
    address = f"/api/jobs/{started.json()['job_id']}"
    events = await client.get(f"{address}/events")

    assert "event: job.started" in events.text
    assert "event: job.finished" in events.text
    shown = (await client.get(address)).json()
    assert shown["status"] == "quarantined"
    assert shown["message"].startswith("none of the files can be used (")
    assert shown["result"]["documents"][0]["status"] == "quarantined"
