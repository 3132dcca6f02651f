"""Error budgets."""

import pytest

from service.metrics.objectives import objective


@pytest.mark.parametrize(
    ("good", "total", "left", "met"),
    [(1000, 1000, 1.0, True), (995, 1000, 0.5, True), (985, 1000, -0.5, False)],
)
def test_a_budget_is_the_share_of_failures_that_is_allowed(
    good: int, total: int, left: float, met: bool
) -> None:
    found = objective("x", "", 0.99, good, total)
    assert found.budget_left == pytest.approx(left)
    assert found.met is met


def test_where_nothing_happened_nothing_was_broken() -> None:
    found = objective("x", "", 0.99, 0, 0)
    assert (found.measured, found.budget_left, found.met) == (None, None, True)
