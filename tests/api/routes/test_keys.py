"""API keys over HTTP."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from providers.principal import Role

KeyOf = Callable[[Role], Awaitable[dict[str, str]]]


async def test_a_key_is_made_listed_and_revoked(client: httpx.AsyncClient) -> None:
    made = await client.post("/api/keys", json={"name": "first", "role": "admin"})
    assert made.status_code == 201
    secret = made.json()["secret"]
    admin = {"X-API-Key": secret}
    listed = await client.get("/api/keys", headers=admin)
    assert [row["name"] for row in listed.json()] == ["first"]
    assert secret not in listed.text
    gone = await client.delete(f"/api/keys/{made.json()['key_id']}", headers=admin)
    assert gone.json()["revoked_at"]
    assert (await client.get("/api/keys", headers=admin)).status_code == 401


async def test_only_an_administrator_manages_keys(client: httpx.AsyncClient, key_of: KeyOf) -> None:
    editor = await key_of(Role.EDITOR)
    for response in (
        await client.get("/api/keys", headers=editor),
        await client.post("/api/keys", json={"name": "x", "role": "admin"}, headers=editor),
        await client.delete("/api/keys/x", headers=editor),
    ):
        assert response.status_code == 403
        assert response.json()["type"] == "/problems/forbidden"


async def test_an_unknown_key_cannot_be_revoked(client: httpx.AsyncClient) -> None:
    response = await client.delete("/api/keys/00000000-0000-0000-0000-000000000000")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "a\nb"}, {"name": "x" * 101}, {"name": "a", "role": "owner"}],
)
async def test_refuses_a_wrong_key(client: httpx.AsyncClient, body: dict[str, str]) -> None:
    assert (await client.post("/api/keys", json=body)).status_code == 422
