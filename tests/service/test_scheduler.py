import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from data.database import Database
from data.migrate import upgrade
from service.errors import SettingsError
from service.scheduler import Scheduler


@pytest.fixture
async def database(tmp_path: Path) -> Database:
    url = f"sqlite+aiosqlite:///{tmp_path}/cicerone.db"
    upgrade(url)
    return Database.open(url)


async def test_of_two_servers_one_takes_each_tick(database: Database) -> None:
    done: list[str] = []
    servers = [Scheduler(database), Scheduler(database)]
    for name, server in zip("ab", servers, strict=True):

        async def work(name: str = name) -> None:
            done.append(name)

        await server.add("purge", "* * * * *", work)
    tick = datetime(2026, 11, 25, 2, 7, tzinfo=UTC)
    taken = await asyncio.gather(*(server.run("purge", tick) for server in servers))
    assert sorted(taken) == [False, True]
    assert len(done) == 1
    assert not any([await server.run("purge", tick) for server in servers])
    assert await servers[0].run("purge", tick + timedelta(minutes=1))
    assert len(done) == 2
    await database.aclose()


async def test_a_failure_does_not_stop_the_next_tick(database: Database) -> None:
    calls: list[int] = []

    async def work() -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise ValueError("broken")

    scheduler = Scheduler(database)
    await scheduler.add("task", "* * * * *", work)
    assert not await scheduler.run("task")
    assert await scheduler.run("task")
    assert calls == [0, 1]
    await database.aclose()


async def test_the_clock_starts_work_and_stops_it(database: Database) -> None:
    began, stopped = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    scheduler = Scheduler(database)
    await scheduler.start()
    await scheduler.add("task", "* * * * *", work)
    clock = scheduler._clock
    assert clock is not None
    clock.modify_job("task", next_run_time=datetime.now(UTC))
    async with asyncio.timeout(10):
        await began.wait()
    await scheduler.aclose()
    assert stopped.is_set()
    await database.aclose()


@pytest.mark.parametrize(("cron", "zone"), [("soon", "UTC"), ("7 2 * * *", "Moon/Crater")])
async def test_a_wrong_expression_is_named(database: Database, cron: str, zone: str) -> None:
    async def work() -> None:
        """Do nothing."""

    with pytest.raises(SettingsError, match="schedules"):
        await Scheduler(database).add("purge", cron, work, timezone=zone)
    await database.aclose()


async def test_only_what_is_due_is_done_when_it_is_asked_for(database: Database) -> None:
    done: list[str] = []
    scheduler = Scheduler(database)

    async def often() -> None:
        done.append("often")

    async def rarely() -> None:
        done.append("rarely")

    moment = datetime.now(UTC)
    elsewhen = (moment + timedelta(hours=12)).hour
    await scheduler.add("often", f"* {moment.hour},{(moment.hour - 1) % 24} * * *", often)
    await scheduler.add("rarely", f"0 {elsewhen} * * *", rarely)
    await scheduler.run_due()
    assert done == ["often"]
    other = Scheduler(database)
    await other.add("rarely", f"0 {elsewhen} * * *", rarely)
    await other.run_due()
    assert done == ["often"]
    await database.aclose()
