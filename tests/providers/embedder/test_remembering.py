"""Vectors are remembered by text and by who made them."""

from collections.abc import Sequence

import numpy as np
import pytest

from providers.cache.counting import EVERYBODY, CacheCounters, CacheEvent, CacheKind
from providers.cache.memory import MemoryCache, MemoryCacheConfig
from providers.cache.patient import PatientCache
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.embedder.remembering import RememberingEmbedder
from providers.types import Matrix, TextKind


class Counted(HashingEmbedder):
    def __init__(self, dimensions: int = 16) -> None:
        super().__init__(HashingConfig(dimensions=dimensions))
        self.asked: list[list[str]] = []

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        self.asked.append(list(texts))
        return await super().embed(texts, kind=kind)


@pytest.fixture
def cache() -> MemoryCache:
    return MemoryCache(MemoryCacheConfig())


def remembering(
    embedder: Counted, cache: MemoryCache, counters: CacheCounters | None = None
) -> RememberingEmbedder:
    patient = PatientCache(cache, timeout_s=1, pause_s=1)
    return RememberingEmbedder(embedder, patient, counters or CacheCounters(), ttl_s=60)


async def test_only_new_texts_are_embedded(cache: MemoryCache) -> None:
    embedder, counters = Counted(), CacheCounters()
    ours = remembering(embedder, cache, counters)
    texts = ["a kettle", "an oven", "a kettle "]
    first = await ours.embed(texts, kind=TextKind.QUERY)
    again = await ours.embed([*texts, "a hob"], kind=TextKind.QUERY)
    assert embedder.asked == [texts, ["a hob"]]
    np.testing.assert_array_equal(again[:3], first)
    np.testing.assert_array_equal(again[3:], await Counted().embed(["a hob"], kind=TextKind.QUERY))
    counts = counters.of(EVERYBODY, CacheKind.EMBEDDING)
    assert (counts[CacheEvent.HIT], counts[CacheEvent.MISS]) == (3, 4)


async def test_another_embedder_and_another_kind_have_their_own(cache: MemoryCache) -> None:
    small, large = Counted(16), Counted(32)
    assert small.fingerprint != large.fingerprint
    await remembering(small, cache).embed(["a"], kind=TextKind.QUERY)
    made = await remembering(large, cache).embed(["a"], kind=TextKind.QUERY)
    assert made.shape == (1, 32)
    for _ in range(2):
        await remembering(small, cache).embed(["a"], kind=TextKind.PASSAGE)
    assert len(small.asked) == 3


async def test_a_broken_entry_is_made_again(cache: MemoryCache) -> None:
    embedder, counters = Counted(), CacheCounters()
    ours = remembering(embedder, cache, counters)
    good = await ours.embed(["a"], kind=TextKind.QUERY)
    (key,) = list(cache._entries)
    await cache.set(key, b"short")
    np.testing.assert_array_equal(await ours.embed(["a"], kind=TextKind.QUERY), good)
    assert counters.of(EVERYBODY, CacheKind.EMBEDDING)[CacheEvent.BROKEN] == 1
    await ours.embed(["a"], kind=TextKind.QUERY)
    assert len(embedder.asked) == 2
