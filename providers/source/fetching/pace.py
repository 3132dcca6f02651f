"""When the next request to a host is due; a host that asks for peace gets it."""

import math
import random
import time
from collections import defaultdict

import anyio

_JITTER = 0.25
"""A wait is up to this share longer, so that crawlers do not march in step."""
_BACKOFF_CAP_S = 30.0
_random = random.SystemRandom()


def backoff_s(attempt: int) -> float:
    """Return how long to wait before try `attempt + 1`, seconds: 0.5, 1, 2 … give or take half."""
    return min(_BACKOFF_CAP_S, 0.5 * 2.0**attempt) * _random.uniform(0.5, 1.5)


class Pace:
    """Spaces the requests to each host; sleeps are the caller's task's."""

    def __init__(self, delay_s: float, *, give_up_after: int = 5) -> None:
        self._delay_s = delay_s
        self._give_up_after = give_up_after
        self._slower: dict[str, float] = {}
        self._due: dict[str, float] = {}
        self._rests_until: dict[str, float] = {}
        self._failures: defaultdict[str, int] = defaultdict(int)

    def due(self, host: str) -> float:
        """Return when the host may be asked again, on the monotonic clock; the past is now."""
        return self._due.get(host, 0.0)

    def slow_down(self, host: str, delay_s: float) -> None:
        """Wait at least `delay_s` between requests to the host (its robots.txt asks for it)."""
        self._slower[host] = delay_s

    async def wait(self, host: str) -> None:
        """Sleep until the host may be asked, and count this request."""
        await anyio.sleep(max(0.0, self.due(host) - time.monotonic()))
        delay = max(self._delay_s, self._slower.get(host, 0.0))
        self._due[host] = time.monotonic() + delay * (1 + _random.uniform(0, _JITTER))

    def rest(self, host: str, seconds: float) -> None:
        """Leave the host alone for that long."""
        self._rests_until[host] = time.monotonic() + seconds

    def rest_of(self, host: str) -> float:
        """Return how long the host is still left alone, seconds; infinite when it was given up."""
        if self._failures[host] >= self._give_up_after:
            return math.inf
        return max(0.0, self._rests_until.get(host, 0.0) - time.monotonic())

    def failed(self, host: str) -> None:
        """Count an item that failed for the host's reasons."""
        self._failures[host] += 1

    def succeeded(self, host: str) -> None:
        """Forget the failures of a host that answers."""
        self._failures[host] = 0
