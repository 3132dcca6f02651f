"""Optimizes a shard in another process, so that this one keeps answering."""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from providers.errors import ProviderError

_PROGRAM = """
import os, sys
from qdrant_edge import EdgeShard
if hasattr(os, "nice"):
    os.nice(5)
shard = EdgeShard.load(sys.argv[1])
shard.optimize()
shard.flush()
shard.close()
"""
_POLL_S = 0.1
_ERROR_TAIL = 400


def optimize_elsewhere(shard: Path, stop: threading.Event) -> bool:
    """Optimize the shard in `shard`, which nobody else may have open; waits until it is done.

    Returns:
        False when `stop` was set: the other process is ended then.

    Raises:
        ProviderError: the other process failed.
    """
    command = [sys.executable, "-P", "-c", _PROGRAM, str(shard)]
    with tempfile.TemporaryFile("w+") as said:
        try:
            process = subprocess.Popen(  # noqa: S603 - this interpreter, a fixed program
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        except OSError as error:
            raise ProviderError(f"the graph of {shard.parent} was not built: {error}") from error
        if not _finished(process, stop):
            return False
        if process.returncode:
            said.seek(0)
            message = said.read().strip()[-_ERROR_TAIL:]
            raise ProviderError(f"the graph of {shard.parent} was not built: {message}")
    return True


def _finished(process: subprocess.Popen[bytes], stop: threading.Event) -> bool:
    """Wait for the process, or end it when `stop` is set."""
    while True:
        try:
            process.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if stop.is_set():
                process.kill()
                process.wait()
                return False
        else:
            return True
