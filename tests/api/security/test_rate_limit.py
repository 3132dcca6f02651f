"""Counting requests."""

import pytest

from api.security.rate_limit import Budget, RateLimiter, network_of
from service.errors import SettingsError
from service.settings import RateLimitSettings


def _limiter(**fields: object) -> RateLimiter:
    return RateLimiter(RateLimitSettings.model_validate(fields))


async def test_refuses_what_is_over_the_limit_and_says_when_to_come_back() -> None:
    limiter = _limiter(questions="2/minute")
    verdicts = [await limiter.hit(Budget.QUESTIONS, "a") for _ in range(3)]
    assert [verdict.allowed for verdict in verdicts if verdict] == [True, True, False]
    last = verdicts[-1]
    assert last is not None
    assert 1 <= last.retry_after_s <= 60
    assert last.headers["RateLimit-Policy"] == '"questions";q=2;w=60'
    assert last.headers["RateLimit"].startswith('"questions";r=0;t=')


async def test_callers_and_budgets_are_counted_apart() -> None:
    limiter = _limiter(questions="1/minute", uploads="1/minute")
    for budget, caller in ((Budget.QUESTIONS, "a"), (Budget.QUESTIONS, "b"), (Budget.UPLOADS, "a")):
        verdict = await limiter.hit(budget, caller)
        assert verdict is not None
        assert verdict.allowed


def test_an_unknown_storage_stops_the_start() -> None:
    with pytest.raises(SettingsError, match=r"server\.rate_limit\.storage"):
        _limiter(storage="paper://desk")


async def test_can_be_switched_off() -> None:
    assert await _limiter(enabled=False).hit(Budget.REQUESTS, "a") is None


async def test_goes_on_in_memory_when_the_storage_is_down() -> None:
    limiter = _limiter(requests="1/minute", storage="redis://127.0.0.1:9")
    first = await limiter.hit(Budget.REQUESTS, "a")
    second = await limiter.hit(Budget.REQUESTS, "a")
    assert first is not None
    assert second is not None
    assert (first.allowed, second.allowed) == (True, False)


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1:2", "2001:db8::/64"),
        ("testclient", "testclient"),
        (None, "socket"),
    ],
)
def test_an_ipv6_household_is_one_caller(client: str | None, network: str) -> None:
    assert network_of(client) == network
