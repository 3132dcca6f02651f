"""Optimizes a shard in another process, so that this one keeps answering."""

import subprocess
import sys
from pathlib import Path

from providers.errors import ProviderError

TIMEOUT_S = 3600
"""Time for the engine to build the graph of a million points on two cores, with room."""
_PROGRAM = """
import os, sys
from qdrant_edge import EdgeShard
if hasattr(os, "nice"):
    os.nice(10)
shard = EdgeShard.load(sys.argv[1])
shard.optimize()
shard.flush()
shard.close()
"""
_ERROR_TAIL = 400


def optimize_elsewhere(shard: Path) -> None:
    """Optimize the shard in `shard`, which nobody else may have open; waits until it is done.

    Raises:
        ProviderError: the other process failed.
    """
    command = [sys.executable, "-P", "-c", _PROGRAM, str(shard)]
    try:
        subprocess.run(  # noqa: S603 - this interpreter, a fixed program, our own folder
            command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.CalledProcessError as error:
        raise ProviderError(
            f"the graph of {shard.parent} was not built: {error.stderr.strip()[-_ERROR_TAIL:]}"
        ) from error
    except (subprocess.TimeoutExpired, OSError) as error:
        raise ProviderError(f"the graph of {shard.parent} was not built: {error}") from error
