"""Runs a real server for a test, and fills its library."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
START_S = 30.0


def add_document(base: str, name: str, data: bytes, collection: str = "default") -> None:
    """Add a document through the API and wait until it has been ingested."""
    with httpx.Client(base_url=base, timeout=30) as api:
        sent = api.post(
            "/api/documents", files={"files": (name, data)}, data={"collection": collection}
        )
        sent.raise_for_status()
        for _ in range(200):
            job = api.get(f"/api/jobs/{sent.json()['job_id']}").json()
            if job["finished_at"]:
                assert job["status"] == "succeeded", job
                return
            time.sleep(0.1)
    raise AssertionError(f"{name} was not ingested in time")


@contextmanager
def serving(home: Path, script: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Run a server over `home` on a free port, its answers by `script`; gives its address.

    Raises:
        AssertionError: the server logged an exception, which no page may cause.
    """
    log = home / "server.log"
    arguments = [str(home)] if script is None else [str(home), json.dumps(script)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("served.py")), *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        ) as server,
    ):
        assert server.stdout is not None
        try:
            base = f"http://localhost:{int(server.stdout.readline())}"
            _wait_until_ready(base)
            yield base
        finally:
            server.terminate()
    said = log.read_text(encoding="utf-8")
    assert "Traceback" not in said, said


def _wait_until_ready(base: str) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < START_S:
        try:
            if httpx.get(f"{base}/console", timeout=5).status_code == 307:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not start")
