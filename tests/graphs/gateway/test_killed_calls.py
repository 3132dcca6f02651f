"""A process that is killed in a call, and the money that it had set aside."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from data.database import Database
from data.models.budgets import NANO
from graphs.errors import BudgetExceededError
from graphs.gateway.accounts import GRACE_S
from graphs.gateway.deployments import Deployment
from providers.types import TokenPrices
from service.budgets import Budgets

TIMEOUT_S = 4.0
PRICES = TokenPrices(input=1.0, output=100.0)
CALLING = f"""
import asyncio, sys
from data.database import Database
from graphs.gateway.deployments import Deployment
from providers.chat_model.scripted import ScriptedChatModel, ScriptedConfig
from providers.principal import local_principal
from providers.types import TokenPrices
from tests.graphs.gateway.conftest import Desk

async def main():
    silent = ScriptedChatModel(ScriptedConfig(first_token_ms=600_000))
    prices = TokenPrices(input={PRICES.input}, output={PRICES.output})
    desk = Desk(Database.open(sys.argv[1]), local_principal())
    gateway = desk.gateway(
        Deployment(name="silent", model=silent, prices=prices), timeout_s={TIMEOUT_S}
    )
    async for _ in gateway.stream(desk.call(), degraded=[]):
        pass

asyncio.run(main())
"""


@contextmanager
def calling(database: Database) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that calls a model which never answers."""
    url = database._engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-c", CALLING, url],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def reserved(desk: Any) -> int:
    async with desk.database.begin(desk.principal, read_only=True) as tx:
        days = await tx.budgets.days(datetime.now(UTC).date())
    return sum(day.reserved_nusd for day in days)


async def killed(desk: Any) -> float:
    """Kill a process in its call; returns when it had begun at the latest."""
    with calling(desk.database) as process:
        async with asyncio.timeout(30):
            while not await reserved(desk):
                assert process.poll() is None
                await asyncio.sleep(0.02)
        began = time.monotonic()
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    return began


async def test_its_money_is_free_again_when_the_call_could_not_run_any_more(
    either: Database, desk: Any, actor: Any
) -> None:
    desk.database = either
    await desk.limit(0.15)  # enough for one call at a time
    gateway = desk.gateway(Deployment(name="one", model=actor(["fine"]), prices=PRICES))

    async def answer() -> str:
        return str((await gateway.complete(desk.call())).text)

    assert await answer() == "fine"
    began = await killed(desk)
    with pytest.raises(BudgetExceededError):
        await answer()
    assert time.monotonic() - began < TIMEOUT_S, "it was refused while the call could still run"
    await asyncio.sleep(began + TIMEOUT_S + GRACE_S - time.monotonic())
    assert await reserved(desk) > 0, "nobody has looked yet"
    assert await answer() == "fine"
    assert await reserved(desk) == 0


async def test_the_list_of_budgets_gives_it_back_as_well(desk: Any) -> None:
    await desk.limit(1)
    began = await killed(desk)
    budgets = Budgets(desk.database)
    (row,) = await budgets.list(desk.principal)
    assert row.reserved_usd > 0
    await asyncio.sleep(began + TIMEOUT_S + GRACE_S - time.monotonic())
    (row,) = await budgets.list(desk.principal)
    assert row.reserved_usd == 0
    async with desk.database.begin(desk.principal) as tx:
        assert await tx.budgets.release(datetime.now(UTC)) == 0
    assert row.usd_per_day * NANO == NANO
