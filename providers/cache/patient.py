"""A cache that never fails: one that is down or slow misses, and is left alone for a while."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from providers.errors import ProviderError
from providers.protocols import Cache
from providers.visits import visiting

T = TypeVar("T")


class PatientCache:
    """Stands before a cache where a miss is better than an error."""

    def __init__(
        self,
        cache: Cache,
        *,
        timeout_s: float,
        pause_s: float,
        failed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take a cache.

        Args:
            cache: What to ask; it stays the caller's to close.
            timeout_s: How long one call may take.
            pause_s: How long the cache is left alone after a failure.
            failed: Is told of each failure.
            clock: Seconds that never go back.
        """
        self._cache = cache
        self._timeout_s = timeout_s
        self._pause_s = pause_s
        self._failed = failed
        self._clock = clock
        self._back_at = 0.0

    @property
    def in_process(self) -> bool:
        """Whether the cache waits for nothing outside this process."""
        return bool(getattr(self._cache, "in_process", False))

    @property
    def is_up(self) -> bool:
        """Whether the cache is asked at all now."""
        return self._clock() >= self._back_at

    async def get(self, key: str) -> bytes | None:
        """Return the value, or None."""
        return await self._try(lambda: self._cache.get(key))

    async def set(self, key: str, value: bytes, *, ttl_s: float) -> bool:
        """Remember a value, if that works; tells whether it did."""

        async def write() -> bool:
            await self._cache.set(key, value, ttl_s=ttl_s)
            return True

        return bool(await self._try(write))

    async def delete(self, key: str) -> None:
        """Forget a value, if that works."""
        await self._try(lambda: self._cache.delete(key))

    async def _try(self, call: Callable[[], Awaitable[T]]) -> T | None:
        if not self.is_up:
            return None
        try:
            if self.in_process or visiting():
                return await call()
            async with asyncio.timeout(self._timeout_s):
                return await call()
        except (ProviderError, TimeoutError):
            self._back_at = self._clock() + self._pause_s
            self._failed()
            return None
