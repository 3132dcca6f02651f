"""Budgets over HTTP."""

from collections.abc import Awaitable, Callable
from typing import get_args

import httpx
import pytest

from api.routes.budgets import BudgetRole
from providers.principal import Role
from service.budgets import BUDGET_ROLES

KeyOf = Callable[[Role], Awaitable[dict[str, str]]]


def test_a_budget_may_be_for_each_role() -> None:
    assert set(get_args(BudgetRole)) == BUDGET_ROLES


async def test_a_budget_is_set_listed_and_removed(client: httpx.AsyncClient) -> None:
    body = {"usd_per_day": 2.5, "action": "downgrade"}
    made = await client.put("/api/budgets/*", json=body)
    assert made.status_code == 200
    expected = {
        "role": "*",
        **body,
        "spent_usd": 0.0,
        "reserved_usd": 0.0,
        "created_by": made.json()["created_by"],
    }
    assert (await client.get("/api/budgets")).json() == [expected]
    assert (await client.delete("/api/budgets/*")).status_code == 204
    gone = await client.delete("/api/budgets/*")
    assert gone.status_code == 404
    assert gone.json()["type"] == "/problems/budget-not-found"


@pytest.mark.parametrize(
    ("role", "body"),
    [
        ("poet", {"usd_per_day": 1}),
        ("judge", {"usd_per_day": 0}),
        ("judge", {"usd_per_day": 1, "action": "beg"}),
        ("judge", {}),
    ],
)
async def test_refuses_a_wrong_budget(
    client: httpx.AsyncClient, role: str, body: dict[str, object]
) -> None:
    assert (await client.put(f"/api/budgets/{role}", json=body)).status_code == 422


async def test_only_an_administrator_sets_budgets(client: httpx.AsyncClient, key_of: KeyOf) -> None:
    editor = await key_of(Role.EDITOR)
    for response in (
        await client.get("/api/budgets", headers=editor),
        await client.put("/api/budgets/judge", json={"usd_per_day": 1}, headers=editor),
        await client.delete("/api/budgets/judge", headers=editor),
    ):
        assert response.status_code == 403
