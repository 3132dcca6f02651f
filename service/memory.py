"""Gives memory back to the system as soon as it is free."""

import ctypes
import sys
from typing import Final

_TRIM_THRESHOLD: Final = -1
"""M_TRIM_THRESHOLD of glibc's mallopt."""
_KEPT_BYTES: Final = 128 << 10


def return_free_memory() -> bool:
    """Let the C library keep little of what was freed, from now on, in the whole process.

    glibc starts like that, but keeps up to 64 MB for each thread once a large block was freed;
    a server that had answered one question held a fifth more memory by it.

    Returns:
        Whether the C library can be told so; others than glibc cannot.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(_TRIM_THRESHOLD, _KEPT_BYTES) == 1
