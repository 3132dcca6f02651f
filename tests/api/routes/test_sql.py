"""Questions to a database over the API."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.shop.making import POLICY, make_shop
from graphs.text_to_sql.policy import load_policy
from providers.principal import Role, local_principal
from service.container import Container
from service.datasource_schemas import NewDatasource
from service.sql_schemas import NewExample

QUESTION = "How many orders came from Norway?"
QUERY = (
    "SELECT COUNT(*) AS orders FROM orders JOIN customers ON customers.id = orders.customer_id "
    "WHERE customers.country = 'Norway'"
)


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_shop(tmp_path_factory.mktemp("shop") / "shop.sqlite")


@pytest.fixture
async def shop(container: Container, shop_file: Path) -> AsyncIterator[str]:
    new = NewDatasource(name="shop", url=str(shop_file), policy=load_policy(POLICY))
    await container.datasources.add(local_principal(), new)
    yield "shop"


@pytest.fixture
async def example(container: Container, shop: str) -> str:
    new = NewExample(datasource=shop, question=QUESTION, sql=QUERY)
    return (await container.sql_examples.approve(local_principal(), new)).id


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith(":")]
    pairs = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(one["event"], json.loads(one["data"])) for one in pairs]


@pytest.mark.usefixtures("example")
async def test_answers_with_the_query_that_was_run(client: httpx.AsyncClient) -> None:
    body = {"datasource": "shop", "question": "How many orders came from Denmark?"}
    answer = (await client.post("/api/sql", json=body)).json()
    assert (answer["route"], answer["row_count"]) == ("verified", 1)
    assert answer["matched"] == QUESTION
    assert "Denmark" in answer["params"].values()
    assert answer["chart"]["kind"] == "number"
    assert answer["clarify"] is None


@pytest.mark.usefixtures("example")
async def test_streams_typed_events(client: httpx.AsyncClient) -> None:
    body = {"datasource": "shop", "question": QUESTION, "stream": True}
    events = _events((await client.post("/api/sql", json=body)).text)
    names = [name for name, _ in events]
    assert (names[0], names[-1]) == ("run.started", "run.finished")
    assert {"values.linked", "example.recalled", "sql.validated", "rows.fetched"} <= set(names)


@pytest.mark.usefixtures("example")
async def test_a_question_that_is_asked_back_goes_on_with_the_choice(
    client: httpx.AsyncClient,
) -> None:
    body = {"datasource": "shop", "question": "What about the colourful ones from Norway?"}
    asked = (await client.post("/api/sql", json=body)).json()
    assert asked["route"] == "clarify"
    run_id = asked["clarify"]["run_id"]

    again = {"datasource": "shop", "run_id": run_id, "choice": "1"}
    answer = (await client.post("/api/sql", json=again)).json()

    assert (answer["route"], answer["question"]) == ("verified", QUESTION)
    assert (await client.post("/api/sql", json=again)).status_code == 404  # it is over


@pytest.mark.usefixtures("shop")
async def test_a_run_of_nobody_is_not_found(client: httpx.AsyncClient) -> None:
    body = {"datasource": "shop", "run_id": f"20261125-{'0' * 32}", "choice": "1"}
    response = await client.post("/api/sql", json=body)
    assert response.status_code == 404
    assert response.json()["type"].endswith("sql-run-not-found")


async def test_a_datasource_that_is_not_there_is_a_problem(client: httpx.AsyncClient) -> None:
    for stream in (False, True):
        body = {"datasource": "nowhere", "question": QUESTION, "stream": stream}
        response = await client.post("/api/sql", json=body)
        assert response.status_code == 404
        assert response.json()["type"].endswith("datasource-not-found")


@pytest.mark.parametrize("extra", [{}, {"question": QUESTION, "run_id": "x"}, {"choice": "1"}])
async def test_requests_that_do_not_add_up_are_refused(
    client: httpx.AsyncClient, extra: dict[str, str]
) -> None:
    response = await client.post("/api/sql", json={"datasource": "shop", **extra})
    assert response.status_code == 422


async def test_approved_queries_are_listed_with_who_and_when(
    client: httpx.AsyncClient, example: str
) -> None:
    listed = (await client.get("/api/sql/examples", params={"datasource": "shop"})).json()
    (one,) = listed["examples"]
    assert (one["id"], one["state"], one["approved_by"]) == (example, "approved", "local")
    assert one["approved_at"]

    assert (await client.delete(f"/api/sql/examples/{example}")).status_code == 204
    assert (await client.delete(f"/api/sql/examples/{example}")).status_code == 404


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM orders", "SELECT internal_note FROM customers", "SELECT no FROM orders"],
)
async def test_what_the_guard_refuses_cannot_be_approved(
    client: httpx.AsyncClient, sql: str
) -> None:
    body = {"datasource": "shop", "question": "What is it?", "sql": sql}
    response = await client.post("/api/sql/examples", json=body)
    assert response.status_code == 422
    assert response.json()["type"].endswith("example-invalid")


@pytest.mark.usefixtures("shop")
async def test_an_answer_is_approved_with_its_parameters(client: httpx.AsyncClient) -> None:
    body = {
        "datasource": "shop",
        "question": "Who is from Bergen?",
        "sql": "SELECT name FROM customers WHERE city = :p1",
        "params": {"p1": "Bergen"},
    }
    made = (await client.post("/api/sql/examples", json=body)).json()
    assert made["sql"] == "SELECT name FROM customers WHERE city = 'Bergen'"


@pytest.mark.usefixtures("example")
async def test_the_public_asks_no_database(client: httpx.AsyncClient, container: Container) -> None:
    made = await container.keys.create(local_principal(), "visitors", Role.READER, public=True)
    body = {"datasource": "shop", "question": QUESTION}
    headers = {"Authorization": f"Bearer {made.secret}"}
    refused = await client.post("/api/sql", json=body, headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/forbidden")
