"""A server of our own on a scratch home, to be measured."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import httpx
import psutil

from service.owner import running_server
from service.settings import Settings

START_TIMEOUT_S: Final = 60.0
MEGABYTE: Final = 10**6


@contextmanager
def scratch_server(
    settings: Settings, environment: Mapping[str, str] = os.environ
) -> Iterator[tuple[psutil.Process, float]]:
    """Run a server on the scratch home; yields it once it is ready, and the seconds it took.

    `environment` is its own, with where the home and the models are put right.

    Raises:
        RuntimeError: the server ended or took too long.
    """
    command = [sys.executable, "-m", "cli", "serve", "--port", "0", "--json"]
    variables = {
        **environment,
        "CICERONE_HOME": str(settings.home),
        "CICERONE_MODELS_DIR": str(settings.models_dir),
    }
    started = time.perf_counter()
    with subprocess.Popen(  # noqa: S603 - our own command, no words from outside
        command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        try:
            _wait_until_ready(settings, process, started + START_TIMEOUT_S)
            yield psutil.Process(process.pid), time.perf_counter() - started
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=START_TIMEOUT_S)


def _wait_until_ready(
    settings: Settings, process: "subprocess.Popen[bytes]", deadline: float
) -> None:
    """Wait for the ready line and a whole readiness report.

    Raises:
        RuntimeError: the server ended or took too long.
    """
    while (address := running_server(settings.home)) is None:
        if process.poll() is not None or time.perf_counter() > deadline:
            raise RuntimeError("the server did not start; `cicerone serve` shows why")
        time.sleep(0.01)
    while httpx.get(f"{address.base_url}/readyz", trust_env=False).status_code != httpx.codes.OK:
        if time.perf_counter() > deadline:
            raise RuntimeError("the server did not become ready; `cicerone doctor` shows why")
        time.sleep(0.01)


def memory_of(process: psutil.Process) -> dict[str, float]:
    """Read what a process and its children hold (resident), in MB of 10**6 bytes."""
    children = [child.memory_info().rss for child in process.children(recursive=True)]
    own = process.memory_info().rss
    return {
        "process_mb": round(own / MEGABYTE, 1),
        "children_mb": round(sum(children) / MEGABYTE, 1),
        "all_mb": round((own + sum(children)) / MEGABYTE, 1),
    }


def processor_of(process: psutil.Process) -> float:
    """Read the processor time that a process has used, of all its threads, in seconds."""
    times = process.cpu_times()
    return float(times.user + times.system)
