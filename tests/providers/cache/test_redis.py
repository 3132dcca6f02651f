"""What only this plugin does: servers share it, and it may be away."""

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.registry import CACHE, load
from providers.types import Status


@pytest.mark.system
async def test_two_servers_share_what_is_remembered(redis_url: str) -> None:
    first, second = (load(CACHE, "redis", {"url": redis_url, "prefix": "share:"}) for _ in "ab")
    assert await first.add("nonce", b"1", ttl_s=60)
    assert not await second.add("nonce", b"1", ttl_s=60)
    other = load(CACHE, "redis", {"url": redis_url, "prefix": "other:"})
    assert await other.get("nonce") is None
    for cache in (first, second, other):
        await cache.aclose()


async def test_a_redis_that_is_away_may_come_back() -> None:
    cache = load(CACHE, "redis", {"url": "redis://:hidden@127.0.0.1:9/0", "timeout_s": 1})
    health = await cache.check()
    assert health.status is Status.UNAVAILABLE
    assert "hidden" not in health.detail
    with pytest.raises(TransientProviderError):
        await cache.add("key", b"1")
    await cache.aclose()


def test_an_address_of_no_kind_is_said_so() -> None:
    with pytest.raises(ProviderError, match=r"cache\.options\.url"):
        load(CACHE, "redis", {"url": "gopher://x"})
