"""The application as a whole: start, headers, traces, problems, the description of itself."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from api.app import create_app
from data.errors import DatabaseBusyError, DocumentGoneError
from providers.errors import (
    ObjectNotFoundError,
    ProviderError,
    StorageFullError,
    TransientProviderError,
)
from service.container import Container
from service.errors import SettingsError
from service.settings import JwtSettings, Settings

Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


def _server(settings: Settings, **fields: Any) -> Settings:
    return settings.model_copy(update={"server": settings.server.model_copy(update=fields)})


async def test_opens_its_own_container(settings: Settings, connect: Connect) -> None:
    app = create_app(settings)
    async with connect(app) as client:
        assert (await client.get("/api/collections")).json() == []
        assert isinstance(app.state.container, Container)


async def test_leaves_a_given_container_open(
    settings: Settings, container: Container, connect: Connect
) -> None:
    for _ in range(2):
        async with connect(create_app(settings, container)) as client:
            assert (await client.get("/api/collections")).status_code == 200


async def test_mounts_get_the_application_and_the_container(
    settings: Settings, container: Container, connect: Connect
) -> None:
    def mount(app: FastAPI, current: Callable[[], Container]) -> None:
        @app.get("/extra")
        async def extra() -> bool:
            return current() is container

    async with connect(create_app(settings, container, mounts=[mount])) as client:
        assert (await client.get("/extra")).json() is True


def test_a_wrong_issuer_stops_the_start(settings: Settings) -> None:
    auth = settings.auth.model_copy(update={"jwt": JwtSettings(issuer="i", audience="a")})
    with pytest.raises(SettingsError, match="jwks"):
        create_app(settings.model_copy(update={"auth": auth}))


async def test_every_response_has_a_trace_and_is_hardened(client: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/api/collections", "/api/nothing", "/v1/models"):
        headers = (await client.get(path)).headers
        assert re.fullmatch("[0-9a-f]{32}", headers["x-trace-id"])
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "default-src 'none'" in headers["content-security-policy"]


TRACEPARENTS = [
    (f"00-{'4b' * 16}-{'0f' * 8}-01", True),
    (f"00-{'00' * 16}-{'0f' * 8}-01", False),
    (f"00-{'4b' * 16}-{'00' * 8}-01", False),
    (f"ff-{'4b' * 16}-{'0f' * 8}-01", False),
    ("rubbish", False),
]


async def test_a_caller_may_bring_a_trace(client: httpx.AsyncClient) -> None:
    for traceparent, taken in TRACEPARENTS:
        response = await client.get("/api/nothing", headers={"traceparent": traceparent})
        trace_id = response.headers["x-trace-id"]
        assert (trace_id == "4b" * 16) is taken
        assert response.json()["trace_id"] == trace_id


async def test_a_lost_page_and_a_wrong_method_are_problems(client: httpx.AsyncClient) -> None:
    lost = await client.get("/api/nothing")
    assert lost.status_code == 404
    assert lost.headers["content-type"] == "application/problem+json"
    assert lost.json()["type"] == "/problems/not-found"
    assert lost.json()["instance"] == "/api/nothing"
    wrong = await client.put("/api/search")
    assert wrong.status_code == 405
    assert wrong.headers["allow"] == "POST"
    assert wrong.json()["type"] == "/problems/method-not-allowed"


@pytest.mark.parametrize(
    ("error", "status", "slug"),
    [
        (RuntimeError("the password is 1234"), 500, "internal-error"),
        (TransientProviderError("qdrant does not answer"), 503, "provider-unavailable"),
        (StorageFullError("the disk is full"), 507, "storage-full"),
        (ObjectNotFoundError("no such object"), 404, "object-not-found"),
        (ProviderError("it broke"), 502, "provider-failed"),
        (DatabaseBusyError("locked"), 503, "database-busy"),
        (DocumentGoneError("deleted meanwhile"), 409, "document-gone"),
    ],
)
async def test_what_a_route_raises_becomes_a_problem(
    app: FastAPI, connect: Connect, error: Exception, status: int, slug: str
) -> None:
    router = APIRouter()

    @router.get("/api/broken")
    async def broken() -> None:
        raise error

    app.include_router(router)
    async with connect(app) as client:
        response = await client.get("/api/broken")
    assert response.status_code == status
    assert response.json()["type"] == f"/problems/{slug}"
    assert "1234" not in response.text
    assert ("retry-after" in response.headers) is (status == 503)


async def test_cors_is_closed_unless_an_origin_is_listed(
    settings: Settings, container: Container, connect: Connect, client: httpx.AsyncClient
) -> None:
    origin = {"Origin": "https://intranet.example"}
    preflight = {**origin, "Access-Control-Request-Method": "POST"}
    closed = await client.options("/api/ask", headers=preflight)
    assert "access-control-allow-origin" not in closed.headers
    listed = _server(settings, cors_origins=("https://intranet.example",))
    async with connect(create_app(listed, container)) as other:
        opened = await other.options("/api/ask", headers=preflight)
        assert opened.headers["access-control-allow-origin"] == "https://intranet.example"
        plain = await other.get("/api/collections", headers=origin)
        assert "X-Trace-Id" in plain.headers["access-control-expose-headers"]
        stranger = await other.get("/api/collections", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers


async def test_a_large_body_is_refused_by_its_length_and_by_its_bytes(
    settings: Settings, container: Container, connect: Connect
) -> None:
    async with connect(create_app(_server(settings, max_body_kb=1), container)) as client:
        declared = await client.post("/api/ask", json={"question": "x" * 2000})

        async def pieces() -> Any:
            for _ in range(4):
                yield b'{"question": "' + b"x" * 500

        headers = {"content-type": "application/json"}
        streamed = await client.post("/api/ask", content=pieces(), headers=headers)
        disguised = await client.post("/api/ask", files=[("files", ("a", b"x" * 2000))])
    for response in (declared, streamed, disguised):
        assert response.status_code == 413
        assert response.json()["type"] == "/problems/body-too-large"


async def test_the_description_is_complete(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    schemes = document["components"]["securitySchemes"]
    assert set(schemes) == {"bearer", "apiKey"}
    public = {"/healthz", "/readyz"}
    partners = {"/api/sources/{name}/push", "/api/uploads/{token}"}  # a signature lets them in
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["summary"]
            assert operation["description"]
            assert operation["tags"]
            if path not in public:
                assert {"401", "422", "429", "500"} <= set(operation["responses"])
            if path in partners:
                assert operation["security"] == []
            elif path not in public:
                assert {"bearer": []} in operation["security"]
                assert {"apiKey": []} in operation["security"]
