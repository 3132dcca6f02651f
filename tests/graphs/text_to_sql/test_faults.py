"""A database that changes, is gone, or has nothing to say."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import SecretStr

from graphs.text_to_sql.policy import Policy
from graphs.text_to_sql.verified.template import Example
from providers.errors import QueryError, QueryTrouble
from providers.sql_datasource.sqlite import SqliteConfig, SqliteDatasource
from tests.graphs.text_to_sql.conftest import Asking, ShopDesks


@pytest.fixture
def copy(shop_file: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(shop_file, tmp_path / "shop.sqlite"))


async def test_a_schema_that_changed_is_read_again(copy: Path, policy: Policy) -> None:
    datasource = SqliteDatasource(SqliteConfig(url=SecretStr(str(copy))))
    desks = ShopDesks(datasource, policy)
    ask = Asking(desks)
    assert (await ask("How many orders came from Norway?"))["error"] is None
    with closing(sqlite3.connect(copy)) as database, database:
        database.execute("ALTER TABLE customers RENAME COLUMN internal_note TO remark")
        database.execute("ALTER TABLE customers RENAME COLUMN country TO nation")
        database.execute("ALTER TABLE customers ADD COLUMN country TEXT DEFAULT 'Norway'")
        database.execute("ALTER TABLE customers ADD COLUMN internal_note TEXT")
    found = await ask("How many orders came from Norway?")
    assert found["error"] is None
    await datasource.aclose()


async def test_a_database_that_is_gone_is_an_error_of_its_own(copy: Path, policy: Policy) -> None:
    datasource = SqliteDatasource(SqliteConfig(url=SecretStr(str(copy))))
    ask = Asking(ShopDesks(datasource, policy))
    await ask("How many orders came from Norway?")
    copy.unlink()  # noqa: ASYNC240 - a fault of the test
    found = await ask("How many orders came from Norway?")
    assert found["error"] is not None
    assert found["error"]["code"] == "unavailable"
    assert found["rows"] == []
    await datasource.aclose()


async def test_a_query_that_does_too_much_on_sqlite_is_stopped_with_the_way_out(
    ask: Asking, policy: Policy
) -> None:
    few = policy.model_copy(update={"limits": policy.limits.model_copy(update={"steps": 10_000})})
    datasource = ask.desks.datasource
    crossed = "SELECT COUNT(*) FROM orders AS a JOIN orders AS b ON a.status = b.status"
    example = Example("x", "How many pairs are there?", crossed)
    found = await Asking(ShopDesks(datasource, few, (example,)))("How many pairs are there?")
    assert found["error"] is not None
    assert found["error"]["code"] == "cost"
    assert "10,000 steps" in found["answer"] and "limits.steps" in found["answer"]
    assert found["rows"] == []


async def test_a_slow_query_is_stopped_and_not_repaired(ask: Asking) -> None:
    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(ask.desks.datasource, name)

        async def run(self, *args: object, **more: object) -> object:
            raise QueryError("it took longer than 10 s", kind=QueryTrouble.TIMEOUT)

    desk = await ask.desks.open(ask.principal, "shop")
    ask.desks.opened["default"] = replace(desk, datasource=cast(Any, Slow()))
    found = await ask("How many orders came from Norway?")
    assert found["error"] is not None
    assert found["error"]["code"] == "timeout"


async def test_a_figure_over_no_rows_is_said_to_be_none(ask: Asking) -> None:
    found = await ask("What was the revenue in March 2019?")
    assert found["error"] is not None
    assert found["error"]["code"] == "no_data"


async def test_the_future_is_asked_back(ask: Asking) -> None:
    found = await ask("What was the revenue in March 2031?")
    assert found["route"] == "clarify"
