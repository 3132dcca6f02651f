"""Policies and related documents over HTTP."""

from typing import Any

import httpx
import pytest

STEPS = "".join(
    f"Step {n}: open valve {n}, wait until lamp {n} lights, and close valve {n} again.\n\n"
    for n in range(20)
)


@pytest.fixture
async def editions(client: httpx.AsyncClient, upload: Any) -> tuple[str, str]:
    """The ids of two editions of a manual, the older one first."""
    ids = [
        (await upload(client, f"pump_v{n}.md", f"# Pump\n\nVersion {n}\n\n{STEPS}".encode()))[
            "document_id"
        ]
        for n in (1, 2)
    ]
    return ids[0], ids[1]


async def sources(client: httpx.AsyncClient) -> set[str]:
    found = await client.post("/api/search", json={"query": "open valve 7", "k": 50})
    return {hit["source"] for hit in found.json()["hits"]}


async def test_the_newest_edition_answers_alone_when_the_policy_says_so(
    client: httpx.AsyncClient, editions: tuple[str, str]
) -> None:
    older, newer = editions
    assert await sources(client) == {"pump_v1.md", "pump_v2.md"}

    changed = await client.patch(
        "/api/collections/default", json={"duplicate_policy": "keep_newest"}
    )

    assert changed.json() == {
        "name": "default",
        "duplicate_policy": "keep_newest",
        "licence": None,
    }
    assert await sources(client) == {"pump_v2.md"}
    assert (await client.get(f"/api/documents/{older}")).json()["superseded_by"] == newer
    await client.delete(f"/api/documents/{newer}")
    assert await sources(client) == {"pump_v1.md"}


async def test_related_documents_are_listed_from_both_sides(
    client: httpx.AsyncClient, editions: tuple[str, str]
) -> None:
    older, newer = editions

    [seen] = (await client.get(f"/api/documents/{older}/related")).json()
    [back] = (await client.get(f"/api/documents/{newer}/related")).json()

    assert (seen["document_id"], seen["kind"], seen["newer"]) == (newer, "revision", True)
    assert (back["document_id"], back["newer"], back["replaces"]) == (older, False, True)
    assert seen["jaccard"] > 0.9


async def test_a_collection_is_shown(client: httpx.AsyncClient, manual: dict[str, Any]) -> None:
    assert manual["source"] == "manual.md"
    shown = (await client.get("/api/collections/default")).json()
    assert shown["duplicate_policy"] == "keep_all"
    missing = await client.get("/api/collections/nowhere")
    assert missing.json()["type"] == "/problems/collection-not-found"
    wrong = await client.patch("/api/collections/default", json={"duplicate_policy": "maybe"})
    assert wrong.status_code == 422


async def test_a_document_gets_a_product_and_an_audience(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    address = f"/api/documents/{manual['document_id']}"
    assert (manual["product"], manual["is_public"]) == (None, False)

    changed = await client.patch(address, json={"product": "BX-2"})
    assert (changed.json()["product"], changed.json()["is_public"]) == ("BX-2", False)
    changed = await client.patch(address, json={"is_public": True})

    assert changed.json() == (await client.get(address)).json()
    assert (changed.json()["product"], changed.json()["is_public"]) == ("BX-2", True)
    assert (await client.patch("/api/documents/nothing", json={})).status_code == 404
