"""Keeps a server's memory small, and its garbage collector from work that is in vain."""

import ctypes
import gc
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


def begin_start() -> None:
    """Collect no garbage until `end_start`.

    A start makes hundreds of thousands of objects that stay, and the collector would look at
    them again and again: a tenth of the time it takes.
    """
    gc.disable()


def end_start() -> None:
    """Collect garbage from now on, but never look again at what the start has made."""
    gc.freeze()
    gc.enable()
