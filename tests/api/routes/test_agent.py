"""Questions to the agent over the API."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.shop.making import POLICY, make_shop
from graphs.text_to_sql.policy import load_policy
from providers.principal import local_principal
from service.container import Container
from service.datasource_schemas import NewDatasource
from service.sql_schemas import NewExample
from tests.api.conftest import MANUAL, Upload

FIGURE = "How many orders came from Norway?"
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
    example = NewExample(datasource="shop", question=FIGURE, sql=QUERY)
    await container.sql_examples.approve(local_principal(), example)
    yield "shop"


def _events(text: str) -> list[tuple[str, dict[str, Any]]]:
    blocks = [block for block in text.strip().split("\n\n") if not block.startswith(":")]
    pairs = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(one["event"], json.loads(one["data"])) for one in pairs]


@pytest.mark.usefixtures("shop")
async def test_each_question_goes_to_who_knows(client: httpx.AsyncClient, upload: Upload) -> None:
    await upload(client, "boiler.md", MANUAL.encode())
    asked = {"question": "How often must the boiler be descaled?"}
    documents = (await client.post("/api/agent", json=asked)).json()
    rows = (await client.post("/api/agent", json={"question": FIGURE})).json()

    assert (documents["tools"], rows["tools"]) == (["ask_documents"], ["query_database"])
    assert documents["citations"][0]["quote"].startswith("Descale the boiler every 60 days.")
    assert documents["database"] is None
    assert rows["database"]["sql"].startswith("SELECT COUNT(*)")
    assert rows["database"]["rows"] and not rows["citations"]


@pytest.mark.usefixtures("shop")
async def test_streams_typed_events_and_asks_back(client: httpx.AsyncClient) -> None:
    body = {"question": "How many orders used a voucher code?", "stream": True}
    events = _events((await client.post("/api/agent", json=body)).text)
    names = [name for name, _ in events]

    assert (names[0], names[-2:]) == ("run.started", ["clarify", "run.finished"])
    run_id = events[-2][1]["run_id"]
    assert events[-1][1]["clarify"]["run_id"] == run_id

    again = {"run_id": run_id, "choice": "1"}
    answer = (await client.post("/api/agent", json=again)).json()
    assert answer["tools"] == ["query_database"]
    gone = await client.post("/api/agent", json=again)
    assert (gone.status_code, gone.json()["type"].split("/")[-1]) == (404, "run-not-found")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"question": FIGURE, "collection": "nowhere"}, "collection-not-found"),
        ({"question": FIGURE, "datasource": "nowhere"}, "datasource-not-found"),
        ({"run_id": f"20261125-{'0' * 32}", "choice": "1"}, "run-not-found"),
    ],
)
async def test_what_is_not_there_is_a_problem(
    client: httpx.AsyncClient, body: dict[str, str], problem: str, stream: bool
) -> None:
    response = await client.post("/api/agent", json={**body, "stream": stream})
    assert response.status_code == 404
    assert response.json()["type"].endswith(problem)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choice": "1"},
        {"question": FIGURE, "run_id": "x"},
        {"question": FIGURE, "principal": {"tenant_id": "other"}},
        {"question": FIGURE, "plan": []},
    ],
)
async def test_requests_that_do_not_add_up_are_refused(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    assert (await client.post("/api/agent", json=body)).status_code == 422


async def test_a_question_without_words_is_a_problem(client: httpx.AsyncClient) -> None:
    response = await client.post("/api/agent", json={"question": "?!"})
    assert (response.status_code, response.json()["type"].split("/")[-1]) == (
        422,
        "question-empty",
    )
