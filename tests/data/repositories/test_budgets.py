import asyncio
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from data.database import Database
from data.models import BudgetAction
from data.models.budgets import NANO
from data.values import NewLlmCall
from providers.principal import Principal

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)


async def put(database: Database, who: Principal, role: str, usd: float) -> None:
    async with database.begin(who) as tx:
        await tx.budgets.put(role, round(usd * NANO), BudgetAction.REFUSE)


def held(id: str = "", expires_at: datetime = LATER) -> dict[str, Any]:
    return {"id": id or str(uuid.uuid4()), "expires_at": expires_at}


async def reserve(
    database: Database, who: Principal, amount: int, role: str = "judge", **more: Any
) -> bool:
    async with database.begin(who) as tx:
        budgets = await tx.budgets.covering(role)
        return await tx.budgets.reserve(budgets, DAY, amount, **held(**more)) is None


async def test_a_budget_is_set_changed_and_removed(database: Database, alice: Principal) -> None:
    await put(database, alice, "judge", 1)
    await put(database, alice, "judge", 2)
    await put(database, alice, "*", 5)
    async with database.begin(alice) as tx:
        found = await tx.budgets.list()
        assert [(row.role, row.limit_nusd) for row in found] == [
            ("*", 5 * NANO),
            ("judge", 2 * NANO),
        ]
        assert [row.role for row in await tx.budgets.covering("judge")] == ["*", "judge"]
        assert await tx.budgets.remove("judge") is True
        assert await tx.budgets.remove("judge") is False
        assert await tx.budgets.get("judge") is None


async def test_budgets_belong_to_a_tenant(
    database: Database, alice: Principal, bob: Principal
) -> None:
    await put(database, alice, "judge", 1)
    assert await reserve(database, alice, 10)
    async with database.begin(bob) as tx:
        assert await tx.budgets.list() == []
        assert await tx.budgets.days(DAY) == []
        assert await tx.budgets.remove("judge") is False


async def test_money_is_given_once(database: Database, alice: Principal) -> None:
    await put(database, alice, "judge", 1)
    taken = await asyncio.gather(
        *(reserve(database, alice, NANO // 10, id=f"call-{n}") for n in range(30))
    )
    assert sum(taken) == 10
    async with database.begin(alice) as tx:
        (day,) = await tx.budgets.days(DAY)
        assert (day.reserved_nusd, day.spent_nusd) == (NANO, 0)
        one = f"call-{taken.index(True)}"
        given: dict[str, Any] = {"id": one, "reserved": NANO // 10, "of": ["judge"]}
        await tx.budgets.settle("judge", DAY, **given, spent=7)
        (day,) = await tx.budgets.days(DAY)
        assert (day.reserved_nusd, day.spent_nusd) == (NANO - NANO // 10, 7)


async def test_a_new_budget_counts_what_was_spent_today(
    database: Database, alice: Principal
) -> None:
    today = datetime.now(UTC).date()
    async with database.begin(alice) as tx:
        for function in ("judge", "judge", "hyde"):
            call = NewLlmCall(function=function, model="m", outcome="succeeded", cost_usd=0.25)
            await tx.llm_calls.add(call)
    await put(database, alice, "judge", 1)
    async with database.begin(alice) as tx:
        budgets = await tx.budgets.covering("judge")
        assert await tx.budgets.reserve(budgets, today, NANO * 6 // 10, **held()) is budgets[0]
        assert await tx.budgets.reserve(budgets, today, NANO // 2, **held()) is None


async def test_what_ran_when_the_budget_came_counts_too(
    database: Database, alice: Principal
) -> None:
    await put(database, alice, "*", 1)
    assert await reserve(database, alice, 5, role="hyde")
    async with database.begin(alice) as tx:
        await tx.budgets.settle("hyde", DAY, id="", reserved=0, of=[], spent=3)
        (day,) = await tx.budgets.days(DAY)
        assert (day.reserved_nusd, day.spent_nusd) == (5, 3)


async def test_what_expired_is_given_back_once_and_what_runs_is_kept(
    database: Database, alice: Principal, bob: Principal
) -> None:
    for role in ("judge", "*"):
        await put(database, alice, role, 1)
    await put(database, bob, "*", 1)
    soon = NOW - timedelta(seconds=1)
    assert await reserve(database, alice, 100, id="dead-1", expires_at=soon)
    assert await reserve(database, alice, 20, role="hyde", id="dead-2", expires_at=soon)
    assert await reserve(database, alice, 3, id="runs")
    assert await reserve(database, bob, 50, id="dead-1", expires_at=soon)

    async def release() -> int:
        async with database.begin(alice) as tx:
            return await tx.budgets.release(NOW)

    freed = await asyncio.gather(*(release() for _ in range(4)))
    assert sum(freed) == 2
    async with database.begin(alice) as tx:
        days = {day.role: day.reserved_nusd for day in await tx.budgets.days(DAY)}
    assert days == {"*": 3, "judge": 3}
    async with database.begin(bob) as tx:
        (day,) = await tx.budgets.days(DAY)
        assert day.reserved_nusd == 50, "another tenant's is not touched"


async def test_a_call_that_is_booked_late_gives_nothing_back_twice(
    database: Database, alice: Principal
) -> None:
    await put(database, alice, "judge", 1)
    assert await reserve(database, alice, 100, id="late", expires_at=NOW - timedelta(seconds=1))
    async with database.begin(alice) as tx:
        assert await tx.budgets.release(NOW) == 1
        await tx.budgets.settle("judge", DAY, id="late", reserved=100, of=["judge"], spent=7)
        (day,) = await tx.budgets.days(DAY)
        assert (day.reserved_nusd, day.spent_nusd) == (0, 7)
