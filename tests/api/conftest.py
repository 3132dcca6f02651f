"""The application over the real services: SQLite, the embedded store, no model."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
import uvicorn
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from api.app import create_app
from providers.principal import Role, local_principal
from providers.vector_store.sparse_copy import copy_sparse
from service.container import Container, open_container
from service.settings import Settings

MANUAL = """# Boiler BX-2

## Descaling

Descale the boiler every 60 days. Use citric acid, never vinegar.

## Warranty

The warranty lasts 24 months from the day of purchase.
"""
BASE_URL = "http://localhost"


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    # The library's own default draws every local variable of a traceback, which takes seconds.
    structlog.configure(processors=[structlog.processors.JSONRenderer(default=str)])


@pytest.fixture
def settings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    empty_database: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Settings:
    # Away from the repository's own config.yaml.
    monkeypatch.chdir(tmp_path)
    if "manual" in request.fixturenames:
        filled = request.getfixturevalue("filled_home")
        shutil.copytree(filled, tmp_path / "home", copy_function=copy_sparse)
    else:
        (tmp_path / "home").mkdir()
        shutil.copy(empty_database, tmp_path / "home")
    return _settings(tmp_path / "home")


def _settings(home: Path) -> Settings:
    return Settings.model_validate(
        {
            "home": home,
            "embedder": {"plugin": "hashing"},
            "parser": {"plugin": "text"},
            "reranker": {"plugin": "late_interaction", "enabled": False},
            # The rules alone: how well the guards judge is tested elsewhere.
            "guards": {"question": ["rules"], "passage": ["rules"]},
        }
    )


@pytest.fixture(scope="session")
def filled_home(empty_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the manual in the default collection, to be copied."""
    home = tmp_path_factory.mktemp("filled") / "home"
    home.mkdir()
    shutil.copy(empty_database, home)
    asyncio.run(_take_manual_in(home))
    return home


async def _take_manual_in(home: Path) -> None:
    settings = _settings(home)
    async with (
        open_container(settings) as container,
        opened(create_app(settings, container)) as client,
    ):
        form = {"collection": "default"}
        files = [("files", ("manual.md", MANUAL.encode()))]
        sent = await client.post("/api/documents", files=files, data=form)
        job = await ended_job(client, sent.json()["job_id"])
        assert job["status"] == "succeeded", job


@pytest.fixture
async def container(settings: Settings) -> AsyncIterator[Container]:
    async with open_container(settings) as opened:
        yield opened


@pytest.fixture
def app(settings: Settings, container: Container) -> FastAPI:
    return create_app(settings, container)


Connect = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]
Upload = Callable[..., Awaitable[dict[str, Any]]]
KeyOf = Callable[[Role], Awaitable[dict[str, str]]]


@asynccontextmanager
async def opened(
    app: FastAPI, *, base_url: str = BASE_URL, peer: str = "127.0.0.1", **options: Any
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, client=(peer, 50000))
    async with (
        LifespanManager(app),
        httpx.AsyncClient(transport=transport, base_url=base_url, **options) as found,
    ):
        yield found


@pytest.fixture
def connect() -> Connect:
    """Return a function that opens a client of an application in this process."""
    return opened


@pytest.fixture
async def client(app: FastAPI, connect: Connect) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(app) as found:
        yield found


async def ended_job(client: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        # The events end with the job; asking for it again and again took a third of a test.
        await client.get(f"/api/jobs/{job_id}/events")
        job: dict[str, Any] = (await client.get(f"/api/jobs/{job_id}")).json()
        assert job["status"] in ("succeeded", "failed", "cancelled", "quarantined")
        return job


@pytest.fixture
def ended() -> Callable[..., Awaitable[dict[str, Any]]]:
    """Return a function that waits until a job has ended."""
    return ended_job


@pytest.fixture
def upload(ended: Callable[..., Awaitable[dict[str, Any]]]) -> Upload:
    """Return a function that uploads one file and waits until it is indexed."""

    async def send(
        client: httpx.AsyncClient,
        name: str,
        data: bytes,
        *,
        collection: str = "default",
        kept: str | None = None,
    ) -> dict[str, Any]:
        form = {"collection": collection}
        response = await client.post("/api/documents", files=[("files", (name, data))], data=form)
        assert response.status_code == 202, response.text
        job = await ended(client, response.json()["job_id"])
        assert job["status"] in ("succeeded", "quarantined"), job
        listed = (await client.get("/api/documents", params=form)).json()
        found: dict[str, Any] = next(
            row for row in listed["documents"] if row["source"] == (kept or name)
        )
        return found

    return send


@pytest.fixture
async def manual(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the manual that the home of this test holds in the default collection."""
    listed = (await client.get("/api/documents", params={"collection": "default"})).json()
    (found,) = listed["documents"]
    return dict(found)


@pytest.fixture
def key_of(container: Container) -> KeyOf:
    """Return a function that makes a key of a role, as the headers that carry it."""

    async def make(role: Role) -> dict[str, str]:
        created = await container.keys.create(local_principal(), role.value, role)
        return {"Authorization": f"Bearer {created.secret}"}

    return make


@pytest.fixture
def serve() -> Callable[[FastAPI], AbstractAsyncContextManager[str]]:
    """Return a function that serves an application on a free port; yields its address."""

    @asynccontextmanager
    async def served(app: FastAPI) -> AsyncIterator[str]:
        config = uvicorn.Config(
            app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
            assert not task.done()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await task

    return served
