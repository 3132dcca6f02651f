"""Health of a server that charges for each question: an answer of late is good enough."""

import time

_FRESH_S = 60.0


class Freshness:
    """Remembers when the server last answered."""

    def __init__(self) -> None:
        self._until = 0.0

    def answered(self) -> None:
        """Note that it has just answered."""
        self._until = time.monotonic() + _FRESH_S

    @property
    def fresh(self) -> bool:
        """Whether it answered within the last minute."""
        return time.monotonic() < self._until
