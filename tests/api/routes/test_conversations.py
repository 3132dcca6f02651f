"""Conversations over HTTP, asked by either protocol."""

from typing import Any

import httpx
import pytest

from providers.principal import Role

QUESTION = "How often must the boiler be descaled?"
CHAT = {"messages": [{"role": "user", "content": QUESTION}]}


@pytest.fixture(autouse=True)
async def _manual(client: httpx.AsyncClient, upload: Any) -> None:
    await upload(client, "manual.md", b"# Boiler\n\nDescale the boiler every 60 days.")


async def test_both_protocols_carry_the_same_conversation_on(client: httpx.AsyncClient) -> None:
    body = {"question": QUESTION, "conversation_id": "kitchen-2"}
    assert (await client.post("/api/ask", json=body)).status_code == 200
    by_metadata = {**CHAT, "metadata": {"conversation_id": "kitchen-2"}}
    answered = await client.post("/v1/chat/completions", json=by_metadata)
    assert answered.json()["cicerone"]["conversation_id"] == "kitchen-2"
    header = {"X-Conversation-Id": "kitchen-2"}
    await client.post("/v1/chat/completions", json=CHAT, headers=header)
    page = (await client.get("/api/conversations")).json()
    assert page["total"] == 1
    assert page["conversations"][0]["title"] == QUESTION
    shown = (await client.get("/api/conversations/kitchen-2")).json()
    assert [turn["role"] for turn in shown["turns"]] == ["user", "assistant"] * 3
    assert shown["turns"][1]["citations"][0]["source"] == "manual.md"


async def test_it_is_found_renamed_exported_deleted_and_restored(
    client: httpx.AsyncClient,
) -> None:
    await client.post("/api/ask", json={"question": QUESTION, "conversation_id": "a.b"})
    path = "/api/conversations/a.b"
    renamed = await client.patch(path, json={"title": " Boiler "})
    assert renamed.json()["title"] == "Boiler"
    for text, total in (("DESCALE", 1), ("boiler", 1), ("kettle", 0)):
        found = await client.get("/api/conversations", params={"q": text})
        assert found.json()["total"] == total
    exported = await client.get(f"{path}/export")
    assert exported.headers["content-type"].startswith("text/markdown")
    assert 'filename="Boiler.md"' in exported.headers["content-disposition"]
    assert exported.text.startswith("# Boiler")
    as_json = await client.get(f"{path}/export", params={"format": "json"})
    assert as_json.json()["conversation_id"] == "a.b"
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    deleted = await client.get("/api/conversations", params={"deleted": True})
    assert deleted.json()["total"] == 1
    assert (await client.post(f"{path}/restore")).json()["messages"] == 2
    assert (await client.post(f"{path}/restore")).status_code == 404


async def test_another_key_gets_404(client: httpx.AsyncClient, key_of: Any) -> None:
    reader, editor = await key_of(Role.READER), await key_of(Role.EDITOR)
    body = {"question": QUESTION, "conversation_id": "mine"}
    assert (await client.post("/api/ask", json=body, headers=reader)).status_code == 200
    refused = [
        await client.get("/api/conversations/mine", headers=editor),
        await client.delete("/api/conversations/mine", headers=editor),
        await client.get("/api/conversations/mine/export", headers=editor),
        await client.post("/api/ask", json=body, headers=editor),
        await client.post("/api/ask", json={**body, "stream": True}, headers=editor),
        await client.post(
            "/v1/chat/completions",
            json={**CHAT, "metadata": {"conversation_id": "mine"}},
            headers=editor,
        ),
    ]
    assert [response.status_code for response in refused] == [404] * 6
    assert refused[0].json()["type"] == "/problems/conversation-not-found"
    everybody = {"everybody": True}
    forbidden = await client.get("/api/conversations", params=everybody, headers=editor)
    assert forbidden.status_code == 403


@pytest.mark.parametrize("id", ["", "-a", "a b", "a/b", "..", "x" * 65])
async def test_refuses_what_cannot_be_an_id(client: httpx.AsyncClient, id: str) -> None:
    body = {"question": QUESTION, "conversation_id": id}
    assert (await client.post("/api/ask", json=body)).status_code == 422
    if id:
        chat = {**CHAT, "metadata": {"conversation_id": id}}
        refused = await client.post("/v1/chat/completions", json=chat)
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "conversation_id_invalid"
