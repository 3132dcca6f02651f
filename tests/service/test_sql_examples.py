"""Verified questions when the database that they were approved for changes."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from data.database import Database
from data.migrate import upgrade
from graphs.text_to_sql.policy import load_policy
from providers.principal import local_principal
from service.datasource_schemas import NewDatasource
from service.datasources import Datasources
from service.sql_examples import SqlExamples
from service.sql_schemas import NewExample

POLICY = "dialect: sqlite\ntables: {orders: }"
TOTAL = NewExample(
    datasource="depot", question="What is the total?", sql="SELECT SUM(total) FROM orders"
)
COUNT = NewExample(datasource="depot", question="How many?", sql="SELECT COUNT(*) FROM orders")


@pytest.fixture
def depot(tmp_path: Path) -> Path:
    path = tmp_path / "depot.sqlite"
    change(path, "CREATE TABLE orders (id INTEGER, total INTEGER)")
    return path


@pytest.fixture
async def datasources(tmp_path: Path, depot: Path) -> AsyncIterator[Datasources]:
    home = tmp_path / "home"
    home.mkdir()
    url = f"sqlite+aiosqlite:///{home / 'cicerone.db'}"
    upgrade(url)
    database = Database.open(url)
    opened = Datasources(database, home=home, database_url=url)
    new = NewDatasource(name="depot", url=f"sqlite:///{depot}", policy=load_policy(POLICY))
    await opened.add(local_principal(), new)
    yield opened
    await opened.aclose()
    await database.aclose()


@pytest.fixture
async def examples(tmp_path: Path, datasources: Datasources) -> AsyncIterator[SqlExamples]:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'home' / 'cicerone.db'}")
    found = SqlExamples(database, datasources)
    await found.approve_all(local_principal(), [TOTAL, COUNT])
    yield found
    await database.aclose()


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)


async def valid(examples: SqlExamples, datasources: Datasources) -> list[str]:
    opened = await datasources.open(local_principal(), "depot", fresh=True)
    return [row.question for row in await examples.valid(local_principal(), opened)]


async def states(examples: SqlExamples) -> dict[str, tuple[str, str | None]]:
    listed = await examples.list(local_principal(), "depot")
    return {one.question: (one.state, one.problem) for one in listed.examples}


async def test_a_query_that_no_longer_fits_the_schema_rests_until_it_fits_again(
    examples: SqlExamples, datasources: Datasources, depot: Path
) -> None:
    assert await valid(examples, datasources) == ["What is the total?", "How many?"]

    change(depot, "ALTER TABLE orders RENAME COLUMN total TO amount")
    assert await valid(examples, datasources) == ["How many?"]
    state, problem = (await states(examples))["What is the total?"]
    assert state == "stale"
    assert "total" in (problem or "")
    assert await valid(examples, datasources) == ["How many?"]  # and it stays so

    change(depot, "ALTER TABLE orders RENAME COLUMN amount TO total")
    assert await valid(examples, datasources) == ["What is the total?", "How many?"]
    assert set((await states(examples)).values()) == {("approved", None)}


async def test_a_column_more_leaves_queries_as_they_are(
    examples: SqlExamples, datasources: Datasources, depot: Path
) -> None:
    change(depot, "ALTER TABLE orders ADD COLUMN note TEXT")
    assert await valid(examples, datasources) == ["What is the total?", "How many?"]
    listed = await examples.list(local_principal(), "depot")
    assert len({one.approved_by for one in listed.examples}) == 1
