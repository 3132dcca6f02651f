import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from graphs.errors import MissingPrincipalError, QuestionEmptyError, QuestionTooLongError
from graphs.text_to_sql.graph import build
from graphs.text_to_sql.state import Context
from providers.principal import Principal
from tests.graphs.text_to_sql.conftest import Asking


def count(path: Path, sql: str) -> object:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(sql).fetchone()[0]


async def test_a_verified_question_is_answered_by_its_query(ask: Asking, shop_file: Path) -> None:
    found = await ask("How many orders came from Norway?")

    assert (found["route"], found["matched"]) == ("verified", "How many orders came from Norway?")
    assert found["rows"] == [
        [
            count(
                shop_file,
                "SELECT COUNT(*) FROM orders o JOIN customers c ON c.id = o.customer_id "
                "WHERE c.country = 'Norway' AND o.tenant_id = 'default'",
            )
        ]
    ]
    assert found["chart"] == {"kind": "number", "x": None, "y": found["columns"]}
    assert "tenant_id" in found["sql"]
    assert not found["error"]


async def test_it_is_answered_for_other_values_too(ask: Asking) -> None:
    found = await ask("How many orders came from denmark?")
    assert found["route"] == "verified"
    assert "Denmark" in found["params"].values()


async def test_a_simple_question_is_answered_by_rules(ask: Asking, shop_file: Path) -> None:
    found = await ask("How many customers are there in each country?")
    assert found["route"] == "rule"
    assert found["row_count"] == 9
    assert found["chart"] is not None
    assert found["chart"]["kind"] == "bar"
    assert ask.told("example.proposed")


async def test_each_tenant_sees_its_own_rows(ask: Asking) -> None:
    other = ask.using(principal=Principal(tenant_id="harbour", subject="x"))
    ours, theirs = (
        await ask("How many customers are there?"),
        await other("How many customers are there?"),
    )
    assert ours["rows"] == [[60]]
    assert theirs["rows"] == [[45]]


async def test_names_of_another_tenant_are_not_known(ask: Asking) -> None:
    found = await ask("How many orders did Organisation 5001 place?")
    assert found["route"] == "clarify"


async def test_relative_times_count_from_today(ask: Asking) -> None:
    found = await ask("How many orders were placed last month?")
    assert {"2026-10-01", "2026-11-01"} <= set(found["params"].values())


async def test_what_it_does_not_understand_is_asked_back(ask: Asking) -> None:
    found = await ask("How many employees work in the canteen of Hamburg?")
    assert found["route"] == "clarify"
    assert found["clarify"] is not None
    assert 1 <= len(found["clarify"]["options"]) <= 4
    assert found["sql"] == ""
    assert ask.told("clarify")


async def test_an_ambiguous_word_is_asked_back_with_its_meanings(ask: Asking) -> None:
    found = await ask("How many are in Hamburg?")
    assert found["route"] == "clarify"


@pytest.mark.parametrize(
    "question",
    [
        "Delete all orders from Norway",
        "Please set the price of the Kern 5 to 10",
        "Show all orders; DROP TABLE orders",
        "List the customers and then delete them",
    ],
)
async def test_a_request_to_write_is_turned_away(ask: Asking, question: str) -> None:
    found = await ask(question)
    assert found["error"] is not None
    assert found["error"]["code"] == "write_request"
    assert not ask.told("rows.fetched")


async def test_questions_of_no_or_too_many_words_are_refused(ask: Asking) -> None:
    with pytest.raises(QuestionEmptyError):
        await ask("?!")
    with pytest.raises(QuestionTooLongError):
        await ask("how many " * 200)


async def test_a_run_without_a_principal_is_refused(ask: Asking) -> None:
    graph = build(ask.desks, settings=ask.settings).compile()
    with pytest.raises(MissingPrincipalError):
        await graph.ainvoke({"question": "How many orders?"}, context=Context(datasource="shop"))


async def test_events_tell_the_course_of_a_run(ask: Asking) -> None:
    await ask("How many orders came from Norway?")
    nodes = [event["node"] for event in ask.told("node.started")]
    assert nodes == [
        "intake", "scope", "classify", "link", "recall", "validate", "plan", "execute", "check",
        "answer", "learn",
    ]  # fmt: skip
    assert ask.told("values.linked")[0]["masked"] == "How many orders came from [country]?"


async def test_a_route_can_be_chosen(ask: Asking) -> None:
    assert (await ask("How many orders came from Norway?", route="rule"))["route"] == "rule"
    refused = await ask("How many customers are there in each country?", route="verified")
    assert refused["route"] == "clarify"


async def test_a_question_in_another_language_is_asked_back(ask: Asking) -> None:
    assert (await ask("Wie viele Bestellungen kamen aus Norway?"))["route"] == "clarify"
