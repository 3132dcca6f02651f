import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from data.database import Database
from data.models import BudgetAction, BudgetDay
from data.models.budgets import NANO
from graphs.errors import BudgetExceededError
from graphs.gateway.deployments import Deployment
from graphs.gateway.estimating import upper_cost
from graphs.models import Role
from providers.principal import Principal
from providers.types import TokenPrices, Usage

Make = Callable[..., Any]
PRICES = TokenPrices(input=1.0, output=100.0)
CALLS, AFFORDED = 200, 50


def priced(model: Any, prices: TokenPrices = PRICES) -> Deployment:
    return Deployment(name=model.model, model=model, prices=prices)


async def said(gateway: Any, call: Any) -> tuple[str, list[str]]:
    degraded: list[str] = []
    pieces = [delta.text async for delta in gateway.stream(call, degraded=degraded)]
    return "".join(pieces), degraded


async def today(desk: Any) -> dict[str, BudgetDay]:
    async with desk.database.begin(desk.principal) as tx:
        return {row.role: row for row in await tx.budgets.days(datetime.now(UTC).date())}


async def test_many_calls_at_once_never_spend_more(
    either: Database, principal: Principal, actor: Make, desk: Any
) -> None:
    desk.database = either
    call = desk.call(max_output_tokens=100)
    upper = upper_cost(PRICES, call.request)
    assert upper is not None

    async def pause() -> None:
        await asyncio.sleep(0.001)

    model = actor([pause, "fine"], usage=Usage(input_tokens=20, output_tokens=98))
    cost = PRICES.cost(read=20, written=98)
    assert cost < upper
    budget = AFFORDED * upper
    await desk.limit(budget)
    await desk.limit(budget, role="synthesize")
    gateway = desk.gateway(priced(model))

    async def one() -> bool:
        try:
            await said(gateway, call)
        except BudgetExceededError:
            return False
        return True

    served = await asyncio.gather(*(one() for _ in range(CALLS)))
    days = await today(desk)
    day = days["*"]
    spent = day.spent_nusd / NANO
    assert day.reserved_nusd == 0
    assert (days["synthesize"].reserved_nusd, days["synthesize"].spent_nusd) == (0, day.spent_nusd)
    assert spent == pytest.approx(sum(served) * cost, rel=1e-6)
    assert spent <= budget
    assert spent >= 0.9 * budget
    assert sum(row.cost_usd for row in await desk.rows()) == pytest.approx(spent, rel=1e-6)
    assert len(model.requests) == sum(served) >= AFFORDED


async def test_two_processes_share_a_budget(
    either: Database, principal: Principal, actor: Make, desk: Any
) -> None:
    url = either._engine.url.render_as_string(hide_password=False)
    other = Database.open(url)
    desk.database = either
    call = desk.call(max_output_tokens=100)
    upper = upper_cost(PRICES, call.request)
    assert upper is not None
    await desk.limit(10 * upper)
    usage = Usage(input_tokens=20, output_tokens=98)
    gateways = [
        replace(desk, database=database).gateway(priced(actor(["fine"], usage=usage)))
        for database in (either, other)
    ]
    tasks = [said(gateway, call) for _ in range(20) for gateway in gateways]
    served = [
        one
        for one in await asyncio.gather(*tasks, return_exceptions=True)
        if not isinstance(one, BudgetExceededError)
    ]
    await other.aclose()
    assert all(isinstance(one, tuple) for one in served), served
    day = (await today(desk))["*"]
    assert day.reserved_nusd == 0
    assert 9 * upper <= day.spent_nusd / NANO <= 10 * upper


async def test_a_spent_budget_refuses(desk: Any, actor: Make) -> None:
    await desk.limit(0.000001)
    model = actor(["fine"])
    with pytest.raises(BudgetExceededError, match=r"1e-06 USD a day for all roles.*midnight"):
        await said(desk.gateway(priced(model), last=True), desk.call())
    assert model.requests == []


async def test_a_spent_budget_goes_on_with_what_is_cheaper(desk: Any, actor: Make) -> None:
    await desk.limit(0.001, BudgetAction.DOWNGRADE)
    dear = priced(actor(["dear"], model="dear"))
    cheap = priced(actor(["cheap"], model="cheap"), TokenPrices(input=0.1, output=0.1))
    cheaper = priced(actor(["cheaper"], model="cheaper"), TokenPrices(input=0.01, output=0.01))
    answer, degraded = await said(desk.gateway(dear, cheaper, cheap), desk.call())
    assert answer == "cheap"
    assert "budget of 0.001 USD a day" in degraded[0]
    assert (await today(desk))["*"].reserved_nusd == 0


async def test_when_nothing_is_cheap_enough_the_last_resort_answers(desk: Any, actor: Make) -> None:
    await desk.limit(1e-9, BudgetAction.DOWNGRADE)
    gateway = desk.gateway(priced(actor(["dear"])), last=True)
    _, degraded = await said(gateway, desk.call())
    assert "written by extractive" in degraded[0]
    other = desk.gateway(priced(actor(["dear"])), role=Role.HYDE)
    with pytest.raises(BudgetExceededError):
        await other.complete(desk.call(Role.HYDE))


async def test_a_budget_of_another_role_does_not_matter(desk: Any, actor: Make) -> None:
    await desk.limit(1e-9, role="judge")
    assert (await said(desk.gateway(priced(actor(["fine"]))), desk.call()))[0] == "fine"


async def test_both_budgets_of_a_role_are_charged(desk: Any, actor: Make) -> None:
    await desk.limit(1, role="*")
    await desk.limit(1, role="synthesize")
    await said(desk.gateway(priced(actor(["fine"]))), desk.call())
    days = await today(desk)
    assert {role: row.spent_nusd for role, row in days.items()} == {
        "*": 510_000,
        "synthesize": 510_000,
    }


@pytest.mark.parametrize("how", ["close", "cancel"])
async def test_a_stopped_call_is_settled(desk: Any, actor: Make, how: str) -> None:
    async def forever() -> None:
        await asyncio.Event().wait()

    await desk.limit(1)
    gateway = desk.gateway(priced(actor(["some words ", forever])))
    if how == "close":
        stream = gateway.stream(desk.call(), degraded=[])
        await anext(stream)
        await stream.aclose()
    else:
        task = asyncio.create_task(said(gateway, desk.call()))
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    day = (await today(desk))["*"]
    assert day.reserved_nusd == 0
    assert 0 < day.spent_nusd < NANO


async def test_what_costs_nothing_needs_no_budget(desk: Any, actor: Make) -> None:
    await desk.limit(1e-9)
    free = Deployment(name="free", model=actor(["fine"]))
    assert (await said(desk.gateway(free), desk.call()))[0] == "fine"
    assert await today(desk) == {}


async def test_a_reservation_of_a_call_that_never_began_is_given_back(
    desk: Any, actor: Make
) -> None:
    await desk.limit(1)
    gateway = desk.gateway(priced(actor(["fine"])))
    calls = [asyncio.create_task(said(gateway, desk.call())) for _ in range(20)]
    await asyncio.sleep(0.01)
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    await gateway.aclose()
    assert all(day.reserved_nusd == 0 for day in (await today(desk)).values())


async def test_an_answer_is_not_lost_when_it_cannot_be_booked(desk: Any, actor: Make) -> None:
    async with desk.database.unscoped() as tx:
        await tx.tenants._session.execute(text("DROP TABLE llm_calls"))
    answer, degraded = await said(desk.gateway(actor(["fine"])), desk.call())
    assert answer == "fine"
    assert degraded[0].startswith("the call was not recorded: ")
