"""Named parameters become numbered ones, and nothing else is touched."""

import pytest

from providers.errors import QueryError
from providers.sql_datasource.parameters import numbered


def test_each_name_gets_one_number_in_order_of_appearance() -> None:
    sql, values = numbered("SELECT :b, :a, :b", {"a": 1, "b": 2, "unused": 3})
    assert (sql, values) == ("SELECT $1, $2, $1", [2, 1])


def test_quoted_texts_names_and_casts_stay_as_they_are() -> None:
    given = """SELECT ':a''s :a', ":a", x::int FROM t WHERE b = :a"""
    sql, values = numbered(given, {"a": 1})
    assert sql == """SELECT ':a''s :a', ":a", x::int FROM t WHERE b = $1"""
    assert values == [1]


def test_a_name_without_a_value_is_an_error() -> None:
    with pytest.raises(QueryError, match="nobody"):
        numbered("SELECT :nobody", {})
