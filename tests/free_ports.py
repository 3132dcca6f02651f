"""Ports on which nothing listens, for servers that take the number of one.

A port that the kernel hands out (`bind` to 0) may be handed to somebody else before the server
has it, and the one above it may be taken already. These lie below the range that the kernel hands
out from, so that only another server could take one.
"""

import random
import socket
from typing import Final

_RANGE: Final = range(20_000, 32_000)
"""Linux hands out 32768 and above (`net.ipv4.ip_local_port_range`)."""
_TRIES: Final = 100


def free_ports(count: int = 1) -> int:
    """Return the first of so many free ports in a row, on 127.0.0.1.

    Raises:
        RuntimeError: none was found.
    """
    chance = random.SystemRandom()
    for _ in range(_TRIES):
        first = chance.choice(_RANGE)
        if all(_is_free(port) for port in range(first, first + count)):
            return first
    raise RuntimeError(f"no {count} free ports in a row in {_RANGE}")


def _is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True
