"""Licences and exclusions over HTTP: what changes holds for the next answer."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from providers.principal import Role

Document = dict[str, Any]
KeyOf = Callable[[Role], Awaitable[dict[str, str]]]
ALL = ["index", "quote", "original", "train"]


async def describe(client: httpx.AsyncClient, name: str, uses: list[str], **more: str) -> None:
    body = {"name": name, "allowed_uses": uses, **more}
    response = await client.post("/api/licences", json=body)
    assert response.status_code == 200, response.text
    assert response.json()["allowed_uses"] == sorted(uses)


async def give(client: httpx.AsyncClient, licence: str | None, **target: Any) -> None:
    response = await client.post("/api/licences/assignments", json={"licence": licence, **target})
    assert response.status_code == 204, response.text


async def sources(client: httpx.AsyncClient) -> list[str]:
    found = await client.post("/api/search", json={"query": "How often do I descale the boiler?"})
    assert found.status_code == 200
    return [hit["source"] for hit in found.json()["hits"]]


async def test_what_may_not_be_quoted_is_not_quoted_any_more(
    client: httpx.AsyncClient, manual: Document
) -> None:
    await describe(client, "closed", ALL)
    await give(client, "closed", document_id=manual["document_id"])
    assert "manual.md" in await sources(client)

    await describe(client, "closed", ["index", "original"])

    assert await sources(client) == []
    question = {"question": "How often do I descale the boiler?", "stream": False}
    answer = (await client.post("/api/ask", json=question)).json()
    assert answer["abstained"]
    assert answer["citations"] == []
    shown = (await client.get(f"/api/documents/{manual['document_id']}")).json()
    assert shown["quotable"] is False


async def test_the_original_is_guarded_by_its_own_use(
    client: httpx.AsyncClient, manual: Document
) -> None:
    address = f"/api/documents/{manual['document_id']}/content"
    assert (await client.get(address)).status_code == 200
    await describe(client, "read-only", ["index", "quote"])

    await give(client, "read-only", collection="default")

    refused = await client.get(address)
    assert refused.status_code == 403
    assert refused.json()["type"] == "/problems/licence-forbids"
    assert "manual.md" in await sources(client)
    await give(client, None, collection="default")
    assert (await client.get(address)).status_code == 200


async def test_an_answer_names_whom_the_licence_wants_named(
    client: httpx.AsyncClient, manual: Document
) -> None:
    await describe(client, "named", ALL, attribution="© Example Boilers")
    await give(client, "named", document_id=manual["document_id"])

    body = {"question": "How often should I descale the boiler?", "stream": False}
    answer = (await client.post("/api/ask", json=body)).json()

    assert answer["citations"]
    assert {each["attribution"] for each in answer["citations"]} == {"© Example Boilers"}


async def test_the_report_says_what_needs_attention(
    client: httpx.AsyncClient, manual: Document, upload: Any
) -> None:
    await upload(client, "other.md", b"# Other\n\nThe other manual is about a pump.\n")
    soon = (datetime.now(UTC) + timedelta(days=5)).isoformat()
    await describe(client, "trial", ALL, expires_at=soon)
    await describe(client, "unused", ["index"])
    await give(client, "trial", document_id=manual["document_id"])
    body = {"kind": "source", "pattern": "oth*", "reason": "not ours"}
    made = await client.post("/api/licences/exclusions", json=body)
    assert made.status_code == 201

    report = (await client.get("/api/licences/report")).json()

    rows = {row["licence"]: (row["documents"], row["answering"]) for row in report["licences"]}
    assert rows == {"trial": (1, 1), "unused": (0, 0), None: (1, 0)}
    assert report["without_licence"] == 1
    assert [each["source"] for each in report["expiring"]] == ["manual.md"]
    assert [(each["source"], each["excluded"]) for each in report["excluded"]] == [
        ("other.md", "not ours")
    ]
    near = (await client.get("/api/licences/report", params={"within_days": 1})).json()
    assert near["expiring"] == []


async def test_an_exclusion_stops_answers_until_it_is_removed(
    client: httpx.AsyncClient, manual: Document
) -> None:
    body = {"kind": "sha256", "pattern": manual["sha256"], "reason": "leaked"}
    made = (await client.post("/api/licences/exclusions", json=body)).json()
    assert await sources(client) == []
    assert (await client.get(f"/api/documents/{manual['document_id']}/content")).status_code == 403
    assert [row["reason"] for row in (await client.get("/api/licences/exclusions")).json()] == [
        "leaked"
    ]

    address = f"/api/licences/exclusions/{made['exclusion_id']}"
    assert (await client.delete(address)).status_code == 204

    assert "manual.md" in await sources(client)
    again = await client.delete(address)
    assert (again.status_code, again.json()["type"]) == (404, "/problems/exclusion-not-found")


async def test_the_terms_of_a_document_say_where_they_come_from(
    client: httpx.AsyncClient, manual: Document
) -> None:
    address = f"/api/documents/{manual['document_id']}/licence"
    assert (await client.get(address)).json()["licence"] is None
    await describe(client, "house", ALL)
    await give(client, "house", collection="default")
    assert (await client.get(address)).json()["origin"] == "collection"
    await give(client, "house", document_id=manual["document_id"], allowed_uses=["index", "quote"])

    found = (await client.get(address)).json()

    assert (found["licence"], found["origin"]) == ("house", "document")
    assert found["allowed_uses"] == ["index", "quote"]


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        ({"licence": "unknown", "collection": "default"}, "licence-not-found"),
        ({"licence": None, "collection": "nowhere"}, "collection-not-found"),
        ({"licence": None, "source": "nowhere"}, "source-not-found"),
        ({"licence": None, "document_id": "nothing"}, "document-not-found"),
        ({"licence": None}, "validation-failed"),
        ({"licence": None, "source": "a", "collection": "b"}, "validation-failed"),
        ({"licence": None, "source": "a", "attribution": "b"}, "validation-failed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_refuses_a_wrong_assignment(
    client: httpx.AsyncClient, body: dict[str, Any], slug: str
) -> None:
    response = await client.post("/api/licences/assignments", json=body)

    assert response.json()["type"] == f"/problems/{slug}"


async def test_only_an_administrator_changes_licences(
    client: httpx.AsyncClient, manual: Document, key_of: KeyOf
) -> None:
    editor = await key_of(Role.EDITOR)
    exclusion = {"kind": "source", "pattern": "*", "reason": "all"}
    for response in (
        await client.post("/api/licences", json={"name": "x", "allowed_uses": []}, headers=editor),
        await client.post(
            "/api/licences/assignments",
            json={"licence": None, "collection": "default"},
            headers=editor,
        ),
        await client.post("/api/licences/exclusions", json=exclusion, headers=editor),
        await client.delete("/api/licences/exclusions/x", headers=editor),
    ):
        assert response.status_code == 403
    assert (await client.get("/api/licences", headers=editor)).json() == []
