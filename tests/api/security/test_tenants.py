"""Two tenants of one service: neither sees, names or stops anything of the other."""

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.app import create_app
from service.container import Container
from service.settings import JwtSettings, Settings

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
Headers = dict[str, str]
SIGNER = Ed25519PrivateKey.generate()


def _as(tenant: str, *roles: str) -> Headers:
    claims = {
        "iss": "https://id.example",
        "aud": "cicerone",
        "sub": "ana",
        "exp": int(time.time()) + 60,
        "tenant_id": tenant,
        "roles": list(roles),
    }
    token = jwt.encode(claims, SIGNER, algorithm="EdDSA", headers={"kid": "k"})
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
async def client(
    settings: Settings, container: Container, connect: Connect, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A service with an issuer."""
    key = json.loads(jwt.get_algorithm_by_name("EdDSA").to_jwk(SIGNER.public_key()))
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [{**key, "kid": "k", "alg": "EdDSA"}]}), encoding="utf-8")
    issuer = JwtSettings(issuer="https://id.example", audience="cicerone", jwks_file=path)
    auth = settings.auth.model_copy(update={"jwt": issuer})
    app = create_app(settings.model_copy(update={"auth": auth}), container)
    async with connect(app) as found:
        yield found


async def test_an_issuer_closes_the_service(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/collections")).status_code == 401
    reader = await client.get("/api/collections", headers=_as("acme", "reader"))
    assert reader.status_code == 200
    nobody = await client.get("/api/collections", headers=_as("acme"))
    assert nobody.status_code == 403
    wrong = await client.get("/v1/models", headers={"Authorization": "Bearer a.b.c"})
    assert wrong.status_code == 401
    assert wrong.json()["error"]["type"] == "authentication_error"


async def test_nothing_crosses_from_one_tenant_to_another(
    client: httpx.AsyncClient,
    upload: Callable[..., Awaitable[dict[str, Any]]],
) -> None:
    acme, rival = _as("acme", "admin"), _as("rival", "admin")
    client.headers.update(acme)
    data = b"# Plans\n\nThe secret of the boilers is a quokka."
    document = await upload(client, "secret.md", data, collection="plans")
    job_id = (await client.get("/api/jobs")).json()[0]["job_id"]
    client.headers.update(rival)
    address = f"/api/documents/{document['document_id']}"
    refused = [
        await client.get(address),
        await client.get(f"{address}/content"),
        await client.delete(address),
        await client.get(f"/api/jobs/{job_id}"),
        await client.get(f"/api/jobs/{job_id}/events"),
        await client.post(f"/api/jobs/{job_id}/cancel"),
        await client.get("/api/documents", params={"collection": "plans"}),
        await client.post("/api/search", json={"query": "secret boilers", "collection": "plans"}),
        await client.post("/api/ask", json={"question": "Secret?", "collection": "plans"}),
    ]
    assert [response.status_code for response in refused] == [404] * len(refused)
    assert not any("quokka" in response.text for response in refused)
    assert (await client.get("/api/documents")).json()["total"] == 0
    assert (await client.get("/api/jobs")).json() == []
    # With a collection of the same name there is something to search, and still nothing leaks.
    await upload(client, "own.md", b"# Own\n\nNothing of interest.", collection="plans")
    query = {"query": "secret boilers", "collection": "plans"}
    found = await client.post("/api/search", json=query)
    assert {hit["source"] for hit in found.json()["hits"]} <= {"own.md"}
    client.headers.update(acme)
    assert (await client.get(address)).status_code == 200
