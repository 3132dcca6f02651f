"""What every cache must do."""

import uuid
from collections.abc import AsyncIterator

import anyio
import pytest

from providers.protocols import Cache
from providers.registry import CACHE, load
from providers.types import Status


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.system)])
async def cache(request: pytest.FixtureRequest) -> AsyncIterator[Cache]:
    options = {}
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        options = {"url": url, "prefix": f"{uuid.uuid4()}:"}
    plugin = load(CACHE, request.param, options)
    yield plugin
    await plugin.aclose()
    await plugin.aclose()


async def test_a_value_is_remembered_replaced_and_forgotten(cache: Cache) -> None:
    assert await cache.get("t1:key") is None
    await cache.set("t1:key", b"one")
    await cache.set("t1:key", b"\x00two")
    assert await cache.get("t1:key") == b"\x00two"
    assert await cache.get("t2:key") is None
    await cache.delete("t1:key")
    await cache.delete("t1:key")
    assert await cache.get("t1:key") is None


async def test_a_value_grows_too_old(cache: Cache) -> None:
    await cache.set("short", b"x", ttl_s=0.05)
    await cache.set("long", b"y", ttl_s=60)
    assert await cache.get("short") == b"x"
    await anyio.sleep(0.1)
    assert await cache.get("short") is None
    assert await cache.get("long") == b"y"


async def test_setting_again_renews_the_age(cache: Cache) -> None:
    await cache.set("key", b"x", ttl_s=0.05)
    await cache.set("key", b"x")
    await anyio.sleep(0.1)
    assert await cache.get("key") == b"x"


async def test_of_many_who_add_a_key_one_succeeds(cache: Cache) -> None:
    outcomes: list[bool] = []

    async def add(number: int) -> None:
        outcomes.append(await cache.add("once", str(number).encode(), ttl_s=60))

    async with anyio.create_task_group() as group:
        for number in range(20):
            group.start_soon(add, number)
    assert sorted(outcomes) == [False] * 19 + [True]
    assert await cache.get("once") is not None


async def test_what_was_added_can_be_added_again_when_it_is_too_old(cache: Cache) -> None:
    assert await cache.add("key", b"one", ttl_s=0.05)
    assert not await cache.add("key", b"two", ttl_s=0.05)
    assert await cache.get("key") == b"one"
    await anyio.sleep(0.1)
    assert await cache.add("key", b"two", ttl_s=60)
    assert await cache.get("key") == b"two"


async def test_health(cache: Cache) -> None:
    assert (await cache.check()).status is Status.READY


async def test_the_byte_bound_pushes_out_the_least_recently_used() -> None:
    cache = load(CACHE, "memory", {"max_mib": 1})
    block = bytes(200_000)
    for number in range(4):
        await cache.set(f"k{number}", block)
    assert await cache.get("k0") == block  # used: now k1 is the oldest
    for number in range(4, 6):
        await cache.set(f"k{number}", block)
    kept = [number for number in range(6) if await cache.get(f"k{number}") is not None]
    assert kept == [0, 2, 3, 4, 5]  # five fit


async def test_a_value_larger_than_the_cache_is_not_kept() -> None:
    cache = load(CACHE, "memory", {"max_mib": 1})
    await cache.set("small", b"x")
    await cache.set("small", bytes(2_000_000))
    assert await cache.get("small") is None


async def test_the_default_age_is_a_setting() -> None:
    cache = load(CACHE, "memory", {"ttl_s": 0.02})
    await cache.set("key", b"x")
    await anyio.sleep(0.05)
    assert await cache.get("key") is None
