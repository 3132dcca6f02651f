"""Runs the deletion test against a server of its own, over a scratch home."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx

from cli.problems import Problem, ProblemError
from evals.deletion import measure_deletes
from service.owner import running_server
from service.settings import ENV_PREFIX, Settings

_START_S = 60.0
_STOP_S = 60.0
_TIMEOUT = httpx.Timeout(120.0, connect=5.0)


async def run_deletes(
    settings: Settings,
    *,
    documents: int,
    clients: int,
    progress: Callable[[str, int, int], None],
) -> dict[str, Any]:
    """Start a server over an empty home and delete documents there under load."""
    with tempfile.TemporaryDirectory(prefix="cicerone-") as folder:
        home = Path(folder)
        with _server(settings, home) as process:
            address = await _address(home, process)
            headers = {"Authorization": f"Bearer {address.token}"}
            limits = httpx.Limits(max_connections=clients + 4)
            async with httpx.AsyncClient(
                base_url=address.base_url,
                headers=headers,
                timeout=_TIMEOUT,
                limits=limits,
                trust_env=False,
            ) as client:
                return await measure_deletes(
                    client, documents=documents, clients=clients, progress=progress
                )


@contextmanager
def _server(settings: Settings, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `cicerone serve` with the caller's settings, but in a home of its own."""
    changed = {
        f"{ENV_PREFIX}HOME": str(home),
        f"{ENV_PREFIX}MODELS_DIR": str(settings.models_dir),
        f"{ENV_PREFIX}SERVER__RATE_LIMIT__ENABLED": "false",
    }
    command = [sys.executable, "-m", "cli", "serve", "--port", "0", "--no-console"]
    process = subprocess.Popen(  # noqa: S603 - this interpreter, our own command
        command,
        env={**os.environ, **changed},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _address(home: Path, process: "subprocess.Popen[bytes]") -> Any:
    with anyio.move_on_after(_START_S):
        while process.poll() is None:
            found = await anyio.to_thread.run_sync(running_server, home)
            if found is not None:
                return found
            await anyio.sleep(0.1)
    raise ProblemError(
        Problem(
            type="/problems/server-unreachable",
            title="The server did not start",
            status=503,
            detail="run `cicerone serve` to see why",
        )
    )
