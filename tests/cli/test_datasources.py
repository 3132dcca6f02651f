"""Datasources and their guard on the command line, with and without a server."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Any

import pytest

Cli = Any
Serve = Callable[..., AbstractContextManager[None]]
POLICY = "dialect: sqlite\ntables: {orders: {tenant_column: tenant}}\n"
LINES = [
    {"id": "a", "dialect": "both", "sql": "SELECT id FROM orders"},
    {"id": "b", "dialect": "sqlite", "sql": "SELECT pin FROM staff"},
    {"id": "c", "dialect": "postgres", "sql": "SELECT id::text FROM orders"},
    {"id": "d", "dialect": "question", "sql": "How many orders are there?"},
]


@pytest.fixture(params=["alone", "served"])
def both(
    request: pytest.FixtureRequest, loaded: Cli, home: Path, serve_here: Serve
) -> Iterator[Cli]:
    """The command over a home, without and with a server."""
    if request.param == "alone":
        yield loaded
        return
    with serve_here(home):
        yield loaded


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, tenant INTEGER)")
    (tmp_path / "shop.yaml").write_text(POLICY)
    lines = "".join(json.dumps(line) + "\n" for line in LINES)
    (tmp_path / "lines.jsonl").write_text(lines)
    return tmp_path


def test_a_datasource_from_its_addition_to_its_removal(both: Cli, shop: Path) -> None:
    cli = both
    made = cli(
        "datasources", "add", "shop", "--url", "sqlite:///shop.sqlite",
        "--policy", shop / "shop.yaml", "--json",
    ).json()  # fmt: skip
    assert made["url"] == f"sqlite:///{shop / 'shop.sqlite'}"
    assert cli("datasources", "list", "--json").json()["datasources"][0]["name"] == "shop"
    assert cli("datasources", "check", "shop", "--json").json()["clean"]

    guard = ("sql", "guard", "--datasource", "shop", "--tenant", "7")
    found = cli(*guard, "--file", shop / "lines.jsonl", "--json").json()["verdicts"]
    assert {one["id"]: one["verdict"] for one in found} == {"a": "allow", "b": "reject"}
    assert found[1]["rule"] == "table"
    found = cli(*guard, "--dialect", "postgres", "--file", shop / "lines.jsonl", "--json").json()[
        "verdicts"
    ]
    assert [one["id"] for one in found] == ["a", "c"]
    assert "1 of 2 allowed" in cli(*guard, "--file", shop / "lines.jsonl").out

    assert cli("datasources", "remove", "shop", "--yes").code == 0
    assert cli("datasources", "check", "shop").code == 4


def test_what_cannot_be_read_is_said(cli: Cli, shop: Path) -> None:
    (shop / "bad.yaml").write_text("dialect: sqlite\ntables: {orders: {tenant: x}}\n")
    add = ("datasources", "add", "shop", "--url", "shop.sqlite", "--policy")
    refused = cli(*add, shop / "bad.yaml")
    assert refused.code == 2
    assert "tables.orders.tenant" in refused.err
    (shop / "lines.jsonl").write_text("{not json\n")
    refused = cli("sql", "guard", "--datasource", "shop", "--file", shop / "lines.jsonl")
    assert refused.code == 2
    assert "line 1" in refused.err


def test_statements_that_try_to_see_other_tenants(cli: Cli) -> None:
    found = cli("eval", "sql-tenants", "--cases", "20", "--json").json()
    assert (found["cases"], found["foreign"], found["different"]) == (20, 0, 0)
