"""A transaction in one visit to a thread: it takes its turn, ends whole, and holds nobody up."""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from data.database import Database, Transaction
from data.errors import DatabaseBusyError
from data.repeating import ONCE
from data.writing import Turns
from providers.principal import Principal


@pytest.fixture
async def database(sqlite_file: Path) -> AsyncIterator[Database]:
    """Return a database in a file; a server needs no turns."""
    opened = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    yield opened
    await opened.aclose()


async def names(database: Database, principal: Principal) -> set[str]:
    async with database.begin(principal, read_only=True) as tx:
        return {row.name for row in await tx.collections.list()}


def adds(name: str) -> Callable[[Transaction], Awaitable[str]]:
    """Return work that makes a collection and returns the name of its thread."""

    async def work(tx: Transaction) -> str:
        await tx.collections.ensure(name)
        return threading.current_thread().name

    return work


async def test_it_runs_in_the_writers_thread_and_is_committed(
    database: Database, alice: Principal
) -> None:
    threads = [await database.run(alice, adds(name)) for name in ("one", "two")]
    assert len(set(threads)) == 1
    assert threads[0].startswith("sqlite-writer")
    assert await names(database, alice) == {"one", "two"}


async def test_an_error_undoes_it_and_the_next_one_gets_its_turn(
    database: Database, alice: Principal
) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.collections.ensure("half")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.run(alice, fail)
    await database.run(alice, adds("whole"))
    assert await names(database, alice) == {"whole"}


async def test_work_that_waits_for_something_else_is_refused_and_undone(
    database: Database, alice: Principal
) -> None:
    async def sleep(tx: Transaction) -> None:
        await tx.collections.ensure("half")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="not in this process"):
        await database.run(alice, sleep)
    await database.run(alice, adds("whole"))
    assert await names(database, alice) == {"whole"}


async def test_many_of_both_kinds_take_turns_in_the_order_they_came(
    database: Database, alice: Principal
) -> None:
    done: list[int] = []

    async def write(number: int) -> None:
        if number % 3:
            await database.run(alice, adds(f"c{number}"))
        else:
            async with database.begin(alice) as tx:
                await tx.collections.ensure(f"c{number}")
                await asyncio.sleep(0)
        done.append(number)

    async with asyncio.TaskGroup() as group:
        for number in range(60):
            group.create_task(write(number))
    assert await names(database, alice) == {f"c{number}" for number in range(60)}
    # The thread may begin the next one before the loop hears that the last one ended.
    assert all(abs(place - number) <= 3 for place, number in enumerate(done))


async def test_inside_another_transaction_it_gives_up(
    database: Database, alice: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.writing.BUSY_SECONDS", 0.1)
    async with database.begin(alice) as tx:
        with pytest.raises(DatabaseBusyError, match="inside another"):
            await database.run(alice, adds("inner"), repeats=ONCE)
        await tx.collections.ensure("outer")
    assert await names(database, alice) == {"outer"}
    await database.run(alice, adds("later"))
    assert await names(database, alice) == {"outer", "later"}


@pytest.mark.parametrize("waiting", ["run", "begin"])
async def test_who_stops_waiting_leaves_the_queue(
    database: Database, alice: Principal, waiting: str
) -> None:
    async def wait() -> None:
        if waiting == "run":
            await database.run(alice, adds("never"))
        else:
            async with database.begin(alice) as tx:
                await tx.collections.ensure("never")

    async with database.begin(alice) as tx:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await tx.collections.ensure("first")
    await database.run(alice, adds("second"))
    assert await names(database, alice) == {"first", "second"}


async def test_once_begun_it_ends_though_nobody_waits_any_more(
    database: Database, alice: Principal
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def work(tx: Transaction) -> None:
        begun.set()
        assert go_on.wait(10)
        await tx.collections.ensure("whole")

    task = asyncio.create_task(database.run(alice, work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await database.run(alice, adds("next"))
    assert await names(database, alice) == {"whole", "next"}


async def test_it_can_be_used_after_it_was_closed(database: Database, alice: Principal) -> None:
    await database.run(alice, adds("before"))
    await database.aclose()
    await database.run(alice, adds("after"))
    assert await names(database, alice) == {"before", "after"}


def test_a_turn_goes_to_the_longest_waiting_and_only_one_has_it() -> None:
    turns, came = Turns(), list[str]()

    def a() -> None:
        came.append("a")

    def b() -> None:
        came.append("b")

    def c() -> None:
        came.append("c")

    turns.take(a)
    turns.take(b)
    turns.take(c)
    assert came == ["a"]
    assert not turns.withdraw(a)
    assert turns.withdraw(b)
    turns.back()
    assert came == ["a", "c"]
    turns.back()
    turns.take(b)
    assert came == ["a", "c", "b"]
