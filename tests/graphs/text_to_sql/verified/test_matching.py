"""What a question must share with a verified one for its query to be used again."""

from dataclasses import replace
from typing import Any

import pytest

from graphs.text_to_sql.verified.template import Example
from tests.graphs.text_to_sql.conftest import Asking

REVENUE = "SELECT SUM(total) FROM orders WHERE status <> 'cancelled'"
EXAMPLES = (
    Example(
        "day",
        "How many orders were placed on 2026-11-19?",
        "SELECT COUNT(*) FROM orders WHERE ordered_on = '2026-11-19'",
    ),
    Example(
        "age",
        "Which open orders are older than 90 days?",
        "SELECT id FROM orders WHERE status = 'open' AND ordered_on < '2026-08-27'",
    ),
    Example(
        "warranty",
        "Which products have a warranty of 36 months?",
        "SELECT name FROM products WHERE warranty_months = 36",
    ),
    Example(
        "years",
        "How does the revenue of 2025 compare with 2026?",
        "SELECT strftime('%Y', ordered_on) AS year, SUM(total) FROM orders WHERE status <> "
        "'cancelled' AND ordered_on >= '2025-01-01' AND ordered_on < '2027-01-01' GROUP BY year",
    ),
    Example(
        "spent",
        "How much has Organisation 1020 spent with us in total?",
        "SELECT SUM(orders.total) FROM orders JOIN customers ON customers.id = "
        "orders.customer_id WHERE customers.name = 'Organisation 1020' "
        "AND orders.status <> 'cancelled'",
    ),
    Example(
        "sold",
        "Which products were ordered in October 2026?",
        "SELECT DISTINCT products.name FROM products JOIN order_lines ON order_lines.product_id"
        " = products.id JOIN orders ON orders.id = order_lines.order_id "
        "WHERE orders.ordered_on >= '2026-10-01' AND orders.ordered_on < '2026-11-01'",
    ),
    Example(
        "country",
        "How many customers are there by country?",
        "SELECT country, COUNT(*) FROM customers GROUP BY country",
    ),
)


@pytest.fixture
def asked(ask: Asking) -> Asking:
    return ask.using(desks=replace(ask.desks, examples=EXAMPLES))


@pytest.mark.parametrize(
    ("question", "values"),
    [
        ("How many orders were placed on 2026-11-17?", {"2026-11-17"}),
        ("Which open orders are older than 3 months?", {"2026-08-25"}),
        ("Which open orders are older than 2 weeks?", {"2026-11-11"}),
        ("Which products have a warranty of 2 years?", {24}),
        ("How does the revenue of 2026 compare with 2025?", {"2025-01-01", "2027-01-01"}),
        ("How much has Organisation 1021 spent with us in total, cancelled orders left out?", None),
    ],
)
async def test_values_are_taken_in_the_units_of_the_query(
    asked: Asking, question: str, values: set[Any] | None
) -> None:
    found = await asked(question, route="verified")
    assert found["route"] == "verified"
    given = set(found["params"].values())
    assert (values or {"Organisation 1021"}) <= given


@pytest.mark.parametrize(
    "question",
    [
        "How many orders were placed in March 2026?",  # that query compares with one day
        "Which products have a warranty of 3 weeks?",  # no whole number of months
        "Which products were not ordered in October 2026?",
        "How many customers are there by city?",
        "How many customers are there by country on Atlantis?",
    ],
)
async def test_another_query_is_never_used(asked: Asking, question: str) -> None:
    assert (await asked(question, route="verified"))["route"] == "clarify"
