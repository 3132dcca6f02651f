import pytest

from tests.graphs.text_to_sql.conftest import Asking


@pytest.mark.parametrize(
    "question",
    [
        "Which products are heavier than 40 kg?",
        "Which customers are in Ghent?",
        "Which product has the highest list price?",
        "Which 2 countries have the most customers?",
        "Who opened more than 3 service requests?",
        "The 2 products with the highest number of units returned",
    ],
)
async def test_rows_without_the_columns_to_show_are_left_to_other_routes(
    ask: Asking, question: str
) -> None:
    assert (await ask(question, route="rule"))["route"] == "clarify"


@pytest.mark.parametrize(
    ("question", "columns"),
    [
        ("What are the names of the products heavier than 40 kilograms?", ["name"]),
        ("Number and name of the customers in Ghent", ["number", "name"]),
        ("Units returned as damaged in transit, total", ["sum_quantity"]),
        ("Top 2 countries by number of customers", ["country", "count_customers"]),
    ],
)
async def test_columns_that_the_question_names_are_shown(
    ask: Asking, question: str, columns: list[str]
) -> None:
    found = await ask(question, route="rule")
    assert (found["route"], found["columns"]) == ("rule", columns)


async def test_groups_come_in_order(ask: Asking) -> None:
    found = await ask("How many customers are there in each country?", route="rule")
    assert found["rows"] == sorted(found["rows"])
