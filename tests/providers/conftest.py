"""Fixtures of the provider tests."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from providers.embedder.model_folder import list_models
from tests.providers.source.site import Served, serving


@pytest.fixture
def served() -> Iterator[Served]:
    """A web server without pages."""
    with serving() as found:
        yield found


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real server of the S3 protocol."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis of its own."""
    program = shutil.which("redis-server")
    if not program:
        pytest.fail("no Redis: apt-get install redis-server", pytrace=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
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


@pytest.fixture(scope="session")
def models_dir() -> Path:
    """The folder of prepared models, named by CICERONE_MODELS_DIR."""
    folder = Path(os.environ.get("CICERONE_MODELS_DIR", "models"))
    if not list_models(folder):
        pytest.fail(
            f"no model in {folder}: run `cicerone models prepare` "
            "and set CICERONE_MODELS_DIR to its folder"
        )
    return folder
