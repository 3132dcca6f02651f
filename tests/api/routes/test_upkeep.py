from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from providers.principal import Role


async def test_a_deleted_document_comes_back_over_http(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    address = f"/api/documents/{manual['document_id']}"
    assert (await client.post(f"{address}/restore")).status_code == 409
    await client.delete(address)
    listed = (await client.get("/api/trash")).json()
    assert [row["document_id"] for row in listed["documents"]] == [manual["document_id"]]
    assert (await client.get(address)).status_code == 404

    restored = await client.post(f"{address}/restore")
    assert restored.status_code == 200
    assert restored.json()["status"] == "indexed"
    found = (await client.post("/api/search", json={"query": "descale"})).json()
    assert found["hits"][0]["document_id"] == manual["document_id"]


async def test_a_purged_document_is_gone(client: httpx.AsyncClient, manual: dict[str, Any]) -> None:
    address = f"/api/trash/{manual['document_id']}"
    problem = await client.delete(address)
    assert (problem.status_code, problem.json()["type"]) == (
        409,
        "/problems/document-not-deleted",
    )
    await client.delete(f"/api/documents/{manual['document_id']}")
    assert (await client.delete(address)).status_code == 204
    assert (await client.delete(address)).status_code == 404
    assert (await client.get("/api/trash")).json()["total"] == 0


async def test_jobs_of_upkeep_are_started_and_reported(
    client: httpx.AsyncClient,
    manual: dict[str, Any],
    ended: Callable[..., Awaitable[dict[str, Any]]],
) -> None:
    (index,) = (await client.get("/api/indexes?collection=default")).json()
    assert (index["state"], index["live"]) == ("live", True)
    for address, body, expected in (
        ("/api/reconcile", {"repair": False}, {"clean": True}),
        ("/api/lifecycle", None, {"cooled": 0}),
        ("/api/collections/default/reindex", {}, {"changed": False}),
    ):
        response = await client.post(address, json=body)
        assert response.status_code == 202, response.text
        assert response.headers["location"] == f"/api/jobs/{response.json()['job_id']}"
        job = await ended(client, response.json()["job_id"])
        assert job["status"] == "succeeded", job
        assert expected.items() <= job["result"].items()
    assert (await client.post("/api/collections/none/reindex", json={})).status_code == 404
    assert manual["status"] == "indexed"


async def test_the_trail_is_filtered_and_exported(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    await client.get(f"/api/documents/{manual['document_id']}/content")
    params = {"document_id": manual["document_id"], "action": "content.read"}
    page = (await client.get("/api/audit", params=params)).json()
    assert page["total"] == 1
    event = page["events"][0]
    assert (event["subject"], event["document_id"]) == ("local", manual["document_id"])
    edges = {"since": "0001-01-01T00:00:00+14:00", "until": "9999-12-31T23:59:59-14:00"}
    assert (await client.get("/api/audit", params=edges)).json()["total"] >= 2
    later = {"since": "2999-01-01T00:00:00Z"}
    assert (await client.get("/api/audit", params=later)).json()["total"] == 0
    assert (await client.get("/api/audit?since=2999-01-01T00:00:00")).status_code == 422
    written = (await client.post("/api/audit/export", params=params)).json()
    assert written["events"] == 1
    assert written["object_key"].startswith("logs/default/audit/")


async def test_upkeep_needs_its_roles(
    client: httpx.AsyncClient, manual: dict[str, Any], key_of: Callable[..., Awaitable[Any]]
) -> None:
    reader, editor = await key_of(Role.READER), await key_of(Role.EDITOR)
    document_id = manual["document_id"]
    for method, address, allowed in (
        ("GET", "/api/trash", editor),
        ("POST", f"/api/documents/{document_id}/restore", editor),
        ("DELETE", f"/api/trash/{document_id}", None),
        ("POST", "/api/reconcile", None),
        ("POST", "/api/lifecycle", None),
        ("POST", "/api/collections/default/reindex", None),
        ("GET", "/api/audit", None),
        ("POST", "/api/audit/export", None),
    ):
        body: dict[str, Any] | None = {} if method == "POST" and allowed is None else None
        response = await client.request(method, address, headers=reader, json=body)
        assert response.status_code == 403, address
        response = await client.request(method, address, headers=editor, json=body)
        assert (response.status_code == 403) is (allowed is None), address
