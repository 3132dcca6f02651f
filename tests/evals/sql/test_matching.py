import pytest

from evals.sql.gold import alternatives, is_ordered
from evals.sql.matching import same_result
from providers.sql_types import Dialect


def test_rows_are_a_multiset_and_columns_may_change_places() -> None:
    assert same_result([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], ordered=False)
    assert not same_result([(1, "a"), (1, "a")], [(1, "a"), (2, "b")], ordered=False)
    assert not same_result([(1, 2), (2, 1)], [(1, 1), (2, 2)], ordered=False)


def test_the_order_counts_where_the_gold_has_one() -> None:
    assert not same_result([(1,), (2,)], [(2,), (1,)], ordered=True)
    assert same_result([(1, 5), (2, 6)], [(5, 1), (6, 2)], ordered=True)


def test_figures_are_equal_up_to_rounding_errors() -> None:
    assert same_result([(0.1 + 0.2,)], [(0.3,)], ordered=False)
    assert same_result([(3,)], [(3.0,)], ordered=False)
    assert not same_result([(3,)], [(3.1,)], ordered=False)


def test_more_columns_or_rows_are_another_result() -> None:
    assert not same_result([(1,)], [(1, 2)], ordered=False)
    assert not same_result([(1,)], [], ordered=False)
    assert same_result([], [], ordered=True)


def test_alternatives_are_all_choices_of_columns_and_all_queries() -> None:
    assert alternatives("SELECT {a, b} FROM t GROUP BY {}; SELECT c FROM t;") == [
        "SELECT a, b FROM t GROUP BY a, b",
        "SELECT a FROM t GROUP BY a",
        "SELECT b FROM t GROUP BY b",
        "SELECT c FROM t",
    ]


def test_a_semicolon_in_quotes_ends_no_query() -> None:
    assert alternatives("SELECT 'a;b' FROM t") == ["SELECT 'a;b' FROM t"]


@pytest.mark.parametrize(
    ("sql", "ordered"),
    [
        ("SELECT a FROM t ORDER BY a", True),
        ("SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 1)", False),
    ],
)
def test_only_the_outermost_order_counts(sql: str, ordered: bool) -> None:
    assert is_ordered(sql, Dialect.SQLITE) is ordered
