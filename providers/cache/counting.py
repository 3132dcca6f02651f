"""Counts what the caches of this process did, for each tenant."""

import threading
from collections import Counter
from enum import StrEnum


class CacheKind(StrEnum):
    """What is remembered."""

    EXACT = "exact"
    SEMANTIC = "semantic"
    EMBEDDING = "embedding"


class CacheEvent(StrEnum):
    """What happened; `stale` was found but could no longer be used, `broken` could not be read."""

    HIT = "hit"
    MISS = "miss"
    STORED = "stored"
    STALE = "stale"
    BROKEN = "broken"
    FAILED = "failed"


EVERYBODY = ""
"""Stands for the tenant where there is none: a vector belongs to its text."""


class CacheCounters:
    """How often each event happened since the process began; safe to use from threads."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, CacheKind, CacheEvent]] = Counter()
        self._lock = threading.Lock()

    def add(self, tenant_id: str, kind: CacheKind, event: CacheEvent, times: int = 1) -> None:
        """Count an event."""
        with self._lock:
            self._counts[tenant_id, kind, event] += times

    def of(self, tenant_id: str, kind: CacheKind) -> dict[CacheEvent, int]:
        """Return the counts of one tenant's cache, zeros included."""
        with self._lock:
            return {event: self._counts[tenant_id, kind, event] for event in CacheEvent}
