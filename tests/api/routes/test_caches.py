"""The caches over HTTP."""

from typing import Any

import httpx

from providers.principal import Role

QUESTION = {"question": "How often must the boiler be descaled?"}


async def test_hits_are_shown_and_cleared(client: httpx.AsyncClient, upload: Any) -> None:
    await upload(client, "manual.md", b"# Boiler\n\nDescale the boiler every 60 days.")
    asked = [await client.post("/api/ask", json=QUESTION) for _ in range(2)]
    assert [response.json()["cached"] for response in asked] == [None, "exact"]
    assert asked[1].json()["usage"]["output_tokens"] == 0
    chat = {"messages": [{"role": "user", "content": QUESTION["question"]}]}
    answered = await client.post("/v1/chat/completions", json=chat)
    assert answered.json()["cicerone"]["cached"] == "exact"
    anew = await client.post("/api/ask", json={**QUESTION, "cache": False})
    assert anew.json()["cached"] is None
    shown = (await client.get("/api/caches")).json()
    assert (shown["plugin"], shown["status"]) == ("memory", "ready")
    exact, semantic, embedding = shown["caches"]
    assert (exact["name"], exact["enabled"]) == ("exact", True)
    assert (exact["hits"], exact["misses"], exact["stored"]) == (2, 1, 1)
    assert (semantic["enabled"], semantic["entries"]) == (False, None)
    assert (embedding["misses"], embedding["hits"]) == (1, 1)
    cleared = await client.delete("/api/caches", params={"collection": "default"})
    assert cleared.json() == {"collections": 1, "questions": 0}
    assert (await client.post("/api/ask", json=QUESTION)).json()["cached"] is None


async def test_a_stream_says_that_the_answer_was_given_before(
    client: httpx.AsyncClient, upload: Any
) -> None:
    await upload(client, "manual.md", b"# Boiler\n\nDescale the boiler every 60 days.")
    streams = [await client.post("/api/ask", json={**QUESTION, "stream": True}) for _ in range(2)]
    first, second = (response.text for response in streams)
    assert "cache.hit" not in first and "event: cache.hit" in second
    assert second.count("event: token") == first.count("event: token")
    assert second.count("event: citation") == first.count("event: citation") == 1


async def test_only_an_administrator_sees_them(client: httpx.AsyncClient, key_of: Any) -> None:
    editor = await key_of(Role.EDITOR)
    assert (await client.get("/api/caches", headers=editor)).status_code == 403
    assert (await client.delete("/api/caches", headers=editor)).status_code == 403


async def test_an_unknown_collection_cannot_be_cleared(client: httpx.AsyncClient) -> None:
    missing = await client.delete("/api/caches", params={"collection": "nowhere"})
    assert missing.status_code == 404
