"""A cache in this process: the least recently used go first, and the too old."""

import threading
import time
from typing import ClassVar

from cachetools import TLRUCache
from pydantic import BaseModel, ConfigDict, Field

from providers.types import Health, Status

_MIB = 1 << 20
_ENTRY_OVERHEAD = 450
"""Bytes that an entry costs beside its value, with a key of 80 characters (tracemalloc)."""

_Entry = tuple[bytes, float]


class MemoryCacheConfig(BaseModel):
    """Options of the `memory` cache: its bound in MiB and how long entries live by default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_mib: int = Field(default=32, ge=1)
    ttl_s: float | None = Field(default=None, gt=0)


def _expiry(_key: str, entry: _Entry, now: float) -> float:
    """Return the moment at which an entry grows too old."""
    return now + entry[1]


class MemoryCache:
    """Keeps entries until they are too old or pushed out; safe to use from threads."""

    config_type: ClassVar = MemoryCacheConfig
    in_process: ClassVar = True

    def __init__(self, config: MemoryCacheConfig) -> None:
        self._default_ttl = float("inf") if config.ttl_s is None else config.ttl_s
        self._limit = config.max_mib * _MIB
        self._lock = threading.Lock()
        self._entries: TLRUCache[str, _Entry] = TLRUCache(
            self._limit, ttu=_expiry, timer=time.monotonic, getsizeof=_size
        )

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None when it is absent or too old."""
        with self._lock:
            entry = self._entries.get(key)
        return None if entry is None else entry[0]

    async def set(self, key: str, value: bytes, *, ttl_s: float | None = None) -> None:
        """Remember a value; one larger than the whole cache is not kept."""
        with self._lock:
            self._entries.pop(key, None)
            self._keep(key, value, ttl_s)

    async def add(self, key: str, value: bytes, *, ttl_s: float | None = None) -> bool:
        """Remember a value unless the key has one; only this process is asked."""
        with self._lock:
            if self._entries.get(key) is not None:
                return False
            self._keep(key, value, ttl_s)
            return True

    async def delete(self, key: str) -> None:
        """Forget a value."""
        with self._lock:
            self._entries.pop(key, None)

    def _keep(self, key: str, value: bytes, ttl_s: float | None) -> None:
        entry = (value, self._default_ttl if ttl_s is None else ttl_s)
        if _size(entry) <= self._limit:
            self._entries[key] = entry

    async def check(self) -> Health:
        """Tell how full the cache is."""
        with self._lock:
            count, used = len(self._entries), int(self._entries.currsize)
        return Health(
            status=Status.READY,
            plugin="memory",
            detail=f"{count} entries, {used} of {self._limit} bytes",
        )

    async def aclose(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()


def _size(entry: _Entry) -> int:
    """Bytes that count against the bound."""
    return len(entry[0]) + _ENTRY_OVERHEAD
