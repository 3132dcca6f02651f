"""Counting requests in a real Redis, which several servers share."""

import pytest

from api.security.rate_limit import Budget, RateLimiter
from service.settings import RateLimitSettings

pytestmark = pytest.mark.system


async def test_two_servers_share_one_count(redis_url: str) -> None:
    settings = RateLimitSettings(requests="2/minute", storage=redis_url)
    servers = [RateLimiter(settings), RateLimiter(settings)]
    verdicts = [await servers[number % 2].hit(Budget.REQUESTS, "a") for number in range(3)]
    assert [verdict.allowed for verdict in verdicts if verdict] == [True, True, False]
    for server in servers:
        await server.aclose()
