"""A cache that fails or is slow misses, and is left alone for a while."""

import asyncio

from providers.cache.memory import MemoryCache, MemoryCacheConfig
from providers.cache.patient import PatientCache
from providers.errors import TransientProviderError


class Moody(MemoryCache):
    in_process = False

    def __init__(self) -> None:
        super().__init__(MemoryCacheConfig())
        self.mood = "good"
        self.asked = 0

    async def get(self, key: str) -> bytes | None:
        self.asked += 1
        if self.mood == "down":
            raise TransientProviderError("down")
        if self.mood == "slow":
            await asyncio.sleep(60)
        return await super().get(key)


async def test_it_misses_and_comes_back() -> None:
    cache, now, failures = Moody(), [100.0], list[str]()
    patient = PatientCache(
        cache,
        timeout_s=0.01,
        pause_s=5,
        failed=lambda: failures.append("x"),
        clock=lambda: now[0],
    )
    assert await patient.set("a", b"1", ttl_s=60)
    assert await patient.get("a") == b"1"
    for mood, failed in (("down", 1), ("slow", 2)):
        cache.mood = mood
        assert await patient.get("a") is None
        assert not patient.is_up
        asked = cache.asked
        assert await patient.get("a") is None
        assert not await patient.set("a", b"2", ttl_s=60)
        assert (cache.asked, len(failures)) == (asked, failed)
        now[0] += 5
        cache.mood = "good"
        assert await patient.get("a") == b"1"
    await patient.delete("a")
    assert await patient.get("a") is None


async def test_in_process_is_the_caches_own() -> None:
    assert not PatientCache(Moody(), timeout_s=1, pause_s=1).in_process
    memory = MemoryCache(MemoryCacheConfig())
    assert PatientCache(memory, timeout_s=1, pause_s=1).in_process
