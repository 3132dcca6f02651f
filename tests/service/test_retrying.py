from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import DatabaseBusyError, DatabaseError, DatabaseUnreachableError
from graphs.trouble import may_pass
from providers.errors import ProviderError, StorageFullError, TransientProviderError
from service.retrying import Backoff, slug_of


@given(
    st.integers(1, 10_000),
    st.floats(0.001, 100),
    st.floats(0.001, 1000),
    st.integers(),
)
def test_a_wait_is_within_its_bounds(attempt: int, base: float, longest: float, seed: int) -> None:
    delay = Backoff(base_s=base, max_s=longest).delay_s(attempt, Random(seed))  # noqa: S311 - reproducible

    assert 0 <= delay <= longest
    assert delay <= base * 2 ** min(attempt - 1, 40)


def test_waits_double_on_average_until_the_longest() -> None:
    backoff, chance = Backoff(base_s=10, max_s=60), Random(1)  # noqa: S311 - reproducible

    means = [
        sum(backoff.delay_s(attempt, chance) for _ in range(4000)) / 4000 for attempt in range(1, 6)
    ]

    assert means == pytest.approx([5, 10, 20, 30, 30], rel=0.05)


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    backoff, chance = Backoff(base_s=10, max_s=60), Random(1)  # noqa: S311 - reproducible

    assert len({round(backoff.delay_s(3, chance), 3) for _ in range(100)}) > 95


@pytest.mark.parametrize(
    ("error", "passes", "slug"),
    [
        (TransientProviderError("busy"), True, "provider-unavailable"),
        (StorageFullError("full"), True, "storage-full"),
        (DatabaseBusyError("busy"), True, "database-busy"),
        (DatabaseUnreachableError("gone"), True, "database-unreachable"),
        (DatabaseError("no"), False, "database-error"),
        (ProviderError("no"), False, "internal-error"),
        (KeyError("x"), False, "internal-error"),
    ],
)
def test_what_may_pass(error: Exception, passes: bool, slug: str) -> None:
    assert may_pass(error) is passes
    assert slug_of(error) == slug
