"""Datasources over HTTP."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest


@pytest.fixture
def body(tmp_path: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(tmp_path / "orders.sqlite")) as connection:
        connection.execute("CREATE TABLE orders (id INTEGER, tenant TEXT)")
    return {
        "name": "shop",
        "url": f"sqlite:///{tmp_path / 'orders.sqlite'}",
        "policy": {"dialect": "sqlite", "tables": {"orders": {"tenant_column": "tenant"}}},
    }


async def test_a_datasource_is_added_judged_checked_and_removed(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    made = await client.post("/api/datasources", json=body)
    assert made.status_code == 201
    assert made.json()["tables"] == ["orders"]
    assert (await client.post("/api/datasources", json=body)).status_code == 409
    listed = (await client.get("/api/datasources")).json()["datasources"]
    assert [one["name"] for one in listed] == ["shop"]
    shown = (await client.get("/api/datasources/shop")).json()
    assert shown["policy"]["tables"]["orders"]["tenant_column"] == "tenant"
    statements = [{"id": "a", "sql": "SELECT id FROM orders"}, {"id": "b", "sql": "DROP TABLE x"}]
    judged = await client.post("/api/datasources/shop/guard", json={"statements": statements})
    assert [one["verdict"] for one in judged.json()["verdicts"]] == ["allow", "reject"]
    assert (await client.post("/api/datasources/shop/check")).json()["clean"]
    assert (await client.delete("/api/datasources/shop")).status_code == 200
    assert (await client.get("/api/datasources/shop")).status_code == 404


async def test_a_policy_that_does_not_fit_is_a_problem(
    client: httpx.AsyncClient, body: dict[str, Any]
) -> None:
    body["policy"]["tables"] = {"nosuch": {}}
    refused = await client.post("/api/datasources", json=body)
    assert refused.status_code == 422
    assert refused.json()["type"] == "/problems/datasource-invalid"
    assert "nosuch" in refused.json()["detail"]
