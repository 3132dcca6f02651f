"""A service that stops in the middle of its work."""

import asyncio

import httpx
import pytest


@pytest.mark.parametrize("delay_s", [0.0, 0.02, 0.05, 0.1])
async def test_a_job_in_work_stops_with_the_service(
    client: httpx.AsyncClient, delay_s: float
) -> None:
    files = [("files", (f"{number}.md", b"# A\n\nText %d." % number)) for number in range(5)]
    response = await client.post("/api/documents", files=files)
    assert response.status_code == 202
    # What would go on behind the closed database fails the test as an unhandled error.
    await asyncio.sleep(delay_s)
