"""A key for the public finds public documents, and nothing that is not for it."""

from typing import Any

import httpx
import pytest

from api.routes.keys import KeyBody

Headers = dict[str, str]


@pytest.fixture
async def public(client: httpx.AsyncClient) -> Headers:
    """A key for the public; from here on the service asks for keys."""
    made = await client.post("/api/keys", json={"name": "website", "audience": "public"})
    assert made.json()["audience"] == "public"
    return {"X-API-Key": made.json()["secret"]}


@pytest.fixture
async def inside(client: httpx.AsyncClient, manual: dict[str, Any], upload: Any) -> str:
    """The id of a document that is not public, beside one that is."""
    other = await upload(
        client, "public.md", b"# Boiler BX-3\n\nDescale the boiler BX-3 every 90 days.\n"
    )
    await client.patch(f"/api/documents/{other['document_id']}", json={"is_public": True})
    return str(manual["document_id"])


async def test_search_and_answers_come_from_public_documents(
    client: httpx.AsyncClient, inside: str, public: Headers
) -> None:
    body = {"query": "descale the boiler", "k": 20}
    found = (await client.post("/api/search", json=body, headers=public)).json()
    assert {hit["source"] for hit in found["hits"]} == {"public.md"}
    ask = {"question": "What descaler is forbidden, vinegar?", "stream": False}
    answer = (await client.post("/api/ask", json=ask, headers=public)).json()
    assert all(each["source"] == "public.md" for each in answer["citations"])
    assert inside


async def test_other_documents_are_not_there(
    client: httpx.AsyncClient, inside: str, public: Headers
) -> None:
    listed = (await client.get("/api/documents", headers=public)).json()
    assert ([row["source"] for row in listed["documents"]], listed["total"]) == (
        ["public.md"],
        1,
    )
    for address in (f"/api/documents/{inside}", f"/api/documents/{inside}/content"):
        assert (await client.get(address, headers=public)).status_code == 404
    mine = listed["documents"][0]["document_id"]
    content = await client.get(f"/api/documents/{mine}/content", headers=public)
    assert content.status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/api/jobs", "/api/health", "/api/licences", "/api/licences/report", "/api/quarantine"],
)
async def test_what_is_not_for_the_public_is_closed_to_it(
    client: httpx.AsyncClient, inside: str, public: Headers, address: str
) -> None:
    response = await client.get(address, headers=public)

    assert response.status_code == 403
    assert inside


async def test_the_public_changes_nothing(client: httpx.AsyncClient) -> None:
    body = {"name": "x", "role": "editor", "audience": "public"}

    refused = await client.post("/api/keys", json=body)

    assert refused.status_code == 403
    assert KeyBody(name="x").audience is None
