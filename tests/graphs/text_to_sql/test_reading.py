from datetime import date

import pytest

from graphs.text_to_sql.charts import chart_of
from graphs.text_to_sql.reading.index import ValueIndex
from graphs.text_to_sql.reading.mentions import mentions_of
from graphs.text_to_sql.reading.times import times_of
from graphs.text_to_sql.reading.tokens import tokens_of
from graphs.text_to_sql.receiving import is_write

TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("in March 2026", "2026-03-01", "2026-04-01"),
        ("on 2026-02-28", "2026-02-28", "2026-03-01"),
        ("on 3 April 2026", "2026-04-03", "2026-04-04"),
        ("in Q4 2025", "2025-10-01", "2026-01-01"),
        ("the second quarter of 2026", "2026-04-01", "2026-07-01"),
        ("in 2025", "2025-01-01", "2026-01-01"),
        ("last month", "2026-10-01", "2026-11-01"),
        ("this year", "2026-01-01", "2027-01-01"),
        ("the last 30 days", "2026-10-26", "2026-11-26"),
        ("past three weeks", "2026-11-04", "2026-11-26"),
        ("last week", "2026-11-16", "2026-11-23"),
        ("yesterday", "2026-11-24", "2026-11-25"),
    ],
)
def test_times_become_half_open_periods(text: str, start: str, end: str) -> None:
    (found,) = times_of(text, TODAY)
    assert (found.period.start.isoformat(), found.period.end.isoformat()) == (start, end)


@pytest.mark.parametrize("text", ["31 February 2026", "who may order", "Kern 2026x"])
def test_what_is_no_time_is_none(text: str) -> None:
    assert not [one for one in times_of(text, TODAY) if one.period.unit == "day"]


def test_values_win_over_numbers_and_longer_ones_over_shorter() -> None:
    index = ValueIndex()
    index.add("products", "name", ["Rill 17", "Rill 17 T"])
    index.add("customers", "country", ["Norway"])
    question = "How many Rill 17 T did norwegian customers buy in May 2026, at least 5?"
    found = mentions_of(question, tokens_of(question), index, TODAY)
    assert [(one.kind, one.text) for one in found] == [
        ("text", "Rill 17 T"), ("text", "norwegian"), ("period", "May 2026"), ("number", "5"),
    ]  # fmt: skip
    assert found[1].places[0].value == "Norway"


def test_plurals_of_values_are_found() -> None:
    index = ValueIndex()
    index.add("customers", "kind", ["Bakery", "Hotel"])
    question = "bakeries and hotels"
    found = mentions_of(question, tokens_of(question), index, TODAY)
    assert [one.places[0].value for one in found] == ["Bakery", "Hotel"]


@pytest.mark.parametrize(
    "question",
    [
        "Delete all orders", "please update the price of everything", "DROP TABLE orders",
        "Could you cancel the order of today", "List all customers, then delete them",
        "insert into orders values (1)",
    ],
)  # fmt: skip
def test_requests_to_write_are_known(question: str) -> None:
    assert is_write(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many orders were cancelled?", "Change in revenue per month", "Which are closed?",
        "When was the price set?", "How many orders were shipped and closed in May 2026?",
    ],
)  # fmt: skip
def test_questions_about_changes_are_no_requests(question: str) -> None:
    assert not is_write(question)


@pytest.mark.parametrize(
    ("columns", "rows", "kind"),
    [
        (["count"], [[5]], "number"),
        (["month", "revenue"], [["2026-01", 1.5], ["2026-02", 2]], "line"),
        (["country", "orders"], [["Norway", 1], ["Denmark", 2]], "bar"),
        (["name", "city"], [["a", "b"], ["c", "d"]], "table"),
        (["country", "orders"], [["Norway", 1]], "table"),
    ],
)
def test_a_suitable_chart_is_named(columns: list[str], rows: list[list[object]], kind: str) -> None:
    chart = chart_of(columns, rows)  # type: ignore[arg-type]
    assert chart is not None
    assert chart["kind"] == kind


def test_no_rows_have_no_chart() -> None:
    assert chart_of(["a"], []) is None
