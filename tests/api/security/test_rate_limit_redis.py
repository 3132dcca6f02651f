"""Counting requests in a real Redis, which several servers share."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.security.rate_limit import Budget, RateLimiter
from service.settings import RateLimitSettings

pytestmark = pytest.mark.system


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    program = shutil.which("redis-server")
    assert program, "install it with: apt-get install redis-server"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--port", str(port), "--save", "", "--bind", "127.0.0.1"]
    server = subprocess.Popen([program, *options], cwd=tmp_path, stdout=subprocess.DEVNULL)
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


async def test_two_servers_share_one_count(redis_url: str) -> None:
    settings = RateLimitSettings(requests="2/minute", storage=redis_url)
    servers = [RateLimiter(settings), RateLimiter(settings)]
    verdicts = [await servers[number % 2].hit(Budget.REQUESTS, "a") for number in range(3)]
    assert [verdict.allowed for verdict in verdicts if verdict] == [True, True, False]
    for server in servers:
        await server.aclose()
