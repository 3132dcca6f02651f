"""Who may call, from where, and how often."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest

from api.app import create_app
from providers.principal import Role, local_principal
from service.container import Container
from service.settings import Settings

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
KeyOf = Callable[[Role], Awaitable[dict[str, str]]]


def _server(settings: Settings, **fields: Any) -> Settings:
    return settings.model_copy(update={"server": settings.server.model_copy(update=fields)})


async def test_without_keys_this_machine_is_the_administrator(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/keys")).status_code == 200
    any_token = {"Authorization": "Bearer whatever-a-client-insists-on"}
    assert (await client.get("/api/keys", headers=any_token)).status_code == 200


async def test_without_keys_no_other_machine_gets_in(
    settings: Settings, container: Container, connect: Connect
) -> None:
    app = create_app(settings, container)
    async with connect(app, peer="192.0.2.1") as client:
        assert (await client.get("/api/collections")).status_code == 401
    beyond = create_app(_server(settings, host="0.0.0.0"), container)  # noqa: S104 - what is tested
    async with connect(beyond) as client:
        assert (await client.get("/api/collections")).status_code == 401


HOSTS = [
    ("localhost:8000", 200),
    ("127.0.0.1", 200),
    ("[::1]:8000", 200),
    ("evil.example", 421),
    ("localhost.evil.example", 421),
    ("127.0.0.1.evil.example:8000", 421),
    ("", 421),
]


async def test_without_keys_a_rebound_name_is_refused(client: httpx.AsyncClient) -> None:
    for host, status in HOSTS:
        response = await client.get("/api/collections", headers={"Host": host})
        assert response.status_code == status, host


async def test_liveness_does_not_hang_on_the_database(
    client: httpx.AsyncClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unreachable() -> bool:
        raise RuntimeError("the database is away")

    monkeypatch.setattr(container.keys, "exist", unreachable)
    assert (await client.get("/healthz")).status_code == 200
    # It is asked as soon as there is something to refuse.
    strange = await client.get("/healthz", headers={"Host": "evil.example"})
    assert strange.status_code == 500


PAGES: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    ({"Origin": "http://localhost"}, 200),
    ({"Sec-Fetch-Site": "same-origin"}, 200),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "http://localhost:3000"}, 403),
]


async def test_without_keys_another_web_page_changes_nothing(
    client: httpx.AsyncClient, manual: dict[str, Any]
) -> None:
    assert manual
    for headers, status in PAGES:
        response = await client.post("/api/search", json={"query": "boiler"}, headers=headers)
        assert response.status_code == status, headers


async def test_a_web_socket_of_another_page_is_closed(
    settings: Settings, container: Container, connect: Connect
) -> None:
    app = create_app(settings, container)
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    headers = [(b"host", b"localhost"), (b"origin", b"https://evil.example")]
    scope = {"type": "websocket", "path": "/live", "headers": headers}
    async with connect(app):
        await app(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008}]


async def test_once_a_key_exists_the_service_stays_closed(
    client: httpx.AsyncClient, container: Container, key_of: KeyOf
) -> None:
    admin = await key_of(Role.ADMIN)
    refused = await client.get("/api/collections")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json()["type"] == "/problems/credential-missing"
    assert (await client.get("/api/collections", headers=admin)).status_code == 200
    for key in await container.keys.list(local_principal()):
        await container.keys.revoke(local_principal(), key.key_id)
    assert (await client.get("/api/collections", headers=admin)).status_code == 401
    assert (await client.get("/api/collections")).status_code == 401
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200


WRONG_CREDENTIALS = [
    {"Authorization": "Bearer ck_wrong"},
    {"Authorization": "Bearer a.b.c"},
    {"Authorization": "Basic YTpi"},
    {"Authorization": "Bearer"},
    {"X-API-Key": "ck_\u00fc"},
    {"X-API-Key": ""},
]


async def test_a_wrong_credential_is_refused(client: httpx.AsyncClient, key_of: KeyOf) -> None:
    await key_of(Role.ADMIN)
    for headers in WRONG_CREDENTIALS:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        response = await client.get("/api/collections", headers=raw)
        assert response.status_code == 401, headers


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        (Role.READER, "GET", "/api/documents", 200),
        (Role.READER, "POST", "/api/documents", 403),
        (Role.READER, "DELETE", "/api/documents/x", 403),
        (Role.READER, "POST", "/api/jobs/x/cancel", 403),
        (Role.EDITOR, "POST", "/api/documents", 415),
        (Role.EDITOR, "DELETE", "/api/documents/x", 404),
        (Role.EDITOR, "GET", "/api/keys", 403),
        (Role.ADMIN, "GET", "/api/keys", 200),
        (Role.ADMIN, "DELETE", "/api/documents/x", 404),
    ],
)
async def test_roles_bound_what_a_key_may_do(
    *, client: httpx.AsyncClient, key_of: KeyOf, role: Role, method: str, path: str, status: int
) -> None:
    response = await client.request(method, path, headers=await key_of(role))
    assert response.status_code == status, response.text


async def test_only_listed_host_names_are_served(
    settings: Settings, container: Container, connect: Connect, key_of: KeyOf
) -> None:
    headers = await key_of(Role.READER)
    app = create_app(_server(settings, allowed_hosts=("docs.example",)), container)
    async with connect(app, base_url="https://docs.example") as client:
        assert (await client.get("/api/collections", headers=headers)).status_code == 200
        other = await client.get("/api/collections", headers={**headers, "Host": "evil.example"})
        assert other.status_code == 421


async def test_asking_too_often_is_refused_with_a_time(
    settings: Settings, container: Container, connect: Connect
) -> None:
    limits = settings.server.rate_limit.model_copy(update={"questions": "2/minute"})
    async with connect(create_app(_server(settings, rate_limit=limits), container)) as client:
        responses = [await client.post("/api/search", json={}) for _ in range(3)]
        assert [response.status_code for response in responses] == [422, 422, 429]
        assert responses[0].headers["ratelimit"].startswith('"questions";r=1;')
        last = responses[2]
        assert last.json()["type"] == "/problems/rate-limited"
        assert 1 <= int(last.headers["retry-after"]) <= 60
        assert last.headers["ratelimit-policy"] == '"questions";q=2;w=60'
        assert (await client.get("/api/collections")).status_code == 200
        openai = await client.post("/v1/chat/completions", json={})
        assert openai.status_code == 429
        assert openai.json()["error"]["type"] == "rate_limit_error"


async def test_guessing_keys_is_limited_by_address(
    settings: Settings, container: Container, connect: Connect, key_of: KeyOf
) -> None:
    headers = await key_of(Role.READER)
    limits = settings.server.rate_limit.model_copy(update={"requests": "2/minute"})
    async with connect(create_app(_server(settings, rate_limit=limits), container)) as client:
        wrong = {"X-API-Key": "ck_guess"}
        statuses = [(await client.get("/api/jobs", headers=wrong)).status_code for _ in range(3)]
        assert statuses == [401, 401, 429]
        assert (await client.get("/api/jobs", headers=headers)).status_code == 200
