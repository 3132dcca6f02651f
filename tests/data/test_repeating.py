"""Transactions that meet, wait, and lose their connection; on a real server where it matters."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from anyio import to_thread

from data import migrate
from data.database import Database, Transaction
from data.errors import (
    DatabaseBusyError,
    DatabaseConnectionLostError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnreachableError,
)
from data.options import DatabaseOptions
from data.repeating import Repeats, repeat
from providers.principal import Principal

QUICK = Repeats(attempts=5, first_s=0.001, longest_s=0.01)


async def sql(tx: Transaction, statement: str) -> Any:
    """Run a statement in the transaction that no repository has."""
    connection = await tx.collections._session.connection()
    return await connection.exec_driver_sql(statement)


async def beside(url: str, statement: str) -> None:
    """Run a statement in a session of its own."""
    async with await psycopg.AsyncConnection.connect(
        url.replace("+psycopg", ""), autocommit=True
    ) as connection:
        await connection.execute(statement.encode())


@pytest.fixture
async def server(postgres_migrated: str, alice: Principal) -> AsyncIterator[Database]:
    """A database on a server, with two rows to fight over."""
    await beside(postgres_migrated, "TRUNCATE tenants CASCADE")
    opened = Database.open(postgres_migrated)
    async with opened.begin(alice) as tx:
        for name in ("one", "two"):
            await tx.collections.ensure(name)
    yield opened
    await opened.aclose()


def test_pauses_grow_to_a_bound_and_are_drawn() -> None:
    repeats = Repeats(attempts=9, first_s=1.0, longest_s=5.0)
    for failures, longest in ((1, 1.0), (2, 2.0), (3, 4.0), (4, 5.0), (60, 5.0)):
        drawn = [repeats.pause_s(failures) for _ in range(200)]
        assert 0 <= min(drawn) < longest / 4
        assert longest * 3 / 4 < max(drawn) <= longest


@pytest.mark.parametrize(
    "error",
    [DatabaseBusyError("x"), DatabaseConnectionLostError("x"), DatabaseUnreachableError("x")],
    ids=lambda error: error.type,
)
async def test_what_passes_is_done_again_and_the_last_error_is_raised(error: DatabaseError) -> None:
    calls = 0

    async def fail_until(succeeding: int) -> str:
        nonlocal calls
        calls += 1
        if calls < succeeding:
            raise error
        return "done"

    assert await repeat(lambda: fail_until(3), QUICK) == "done"
    assert calls == 3
    calls = 0
    with pytest.raises(type(error)):
        await repeat(lambda: fail_until(100), QUICK)
    assert calls == QUICK.attempts


async def test_what_does_not_pass_is_raised_at_once() -> None:
    calls = 0

    async def fail() -> None:
        nonlocal calls
        calls += 1
        raise DatabaseFullError("full")

    with pytest.raises(DatabaseFullError):
        await repeat(fail, QUICK)
    assert calls == 1


async def test_a_run_commits_what_its_last_attempt_did(
    database: Database, alice: Principal
) -> None:
    attempts = 0

    async def work(tx: Transaction) -> int:
        nonlocal attempts
        attempts += 1
        await tx.collections.ensure(f"attempt-{attempts}")
        if attempts < 3:
            raise DatabaseBusyError("not yet")
        return attempts

    assert await database.run(alice, work, repeats=QUICK) == 3
    async with database.begin(alice, read_only=True) as tx:
        assert [row.name for row in await tx.collections.list()] == ["attempt-3"]


@pytest.mark.integration
async def test_two_that_would_not_fit_any_order_are_put_in_one(
    server: Database, postgres_migrated: str, alice: Principal
) -> None:
    name = postgres_migrated.rpartition("/")[2].partition("?")[0]
    level = f"ALTER DATABASE {name} SET default_transaction_isolation"
    await beside(postgres_migrated, f"{level} = 'serializable'")
    strict = Database.open(postgres_migrated)
    both_have_read = asyncio.Barrier(2)
    attempts = 0

    async def count_and_add(tx: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        found = len(await tx.collections.list())
        if attempts <= 2:
            await both_have_read.wait()
        await tx.collections.ensure(f"number-{found}")

    try:
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            for _ in range(2):
                group.create_task(strict.run(alice, count_and_add, repeats=QUICK))
    finally:
        await beside(postgres_migrated, f"{level} = 'read committed'")
        await strict.aclose()
    assert attempts == 3, "one of the two was turned away with 40001"
    async with server.begin(alice, read_only=True) as tx:
        names = {row.name for row in await tx.collections.list()}
    assert names == {"one", "two", "number-2", "number-3"}


@pytest.mark.integration
async def test_a_deadlock_is_broken_and_both_get_through(
    server: Database, alice: Principal
) -> None:
    both_hold_one = asyncio.Barrier(2)
    attempts = 0

    async def lock(tx: Transaction, first: str, second: str) -> None:
        nonlocal attempts
        attempts += 1
        await sql(tx, f"SELECT 1 FROM collections WHERE name = '{first}' FOR UPDATE")  # noqa: S608
        if attempts <= 2:
            await both_hold_one.wait()
        await sql(tx, f"SELECT 1 FROM collections WHERE name = '{second}' FOR UPDATE")  # noqa: S608

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for pair in (("one", "two"), ("two", "one")):
            group.create_task(
                server.run(alice, lambda tx, pair=pair: lock(tx, *pair), repeats=QUICK)  # type: ignore[misc]
            )
    assert attempts == 3


@pytest.mark.integration
async def test_a_connection_that_is_ended_in_the_middle_is_replaced(
    server: Database, postgres_migrated: str, alice: Principal
) -> None:
    attempts = 0

    async def work(tx: Transaction) -> str:
        nonlocal attempts
        attempts += 1
        await tx.collections.ensure(f"attempt-{attempts}")
        if attempts == 1:
            pid = (await sql(tx, "SELECT pg_backend_pid()")).scalar_one()
            await beside(postgres_migrated, f"SELECT pg_terminate_backend({pid})")
        await sql(tx, "SELECT 1")
        return "done"

    with pytest.raises(DatabaseConnectionLostError, match="ended the connection"):
        async with server.begin(alice) as tx:
            await work(tx)
    attempts = 0
    assert await server.run(alice, work, repeats=QUICK) == "done"
    assert attempts == 2
    async with server.begin(alice, read_only=True) as tx:
        names = {row.name for row in await tx.collections.list()}
    assert names == {"one", "two", "attempt-2"}, "the first attempts left nothing"


@pytest.mark.integration
async def test_a_run_outlasts_a_restart_of_the_server(own_postgres: Any, alice: Principal) -> None:
    url = own_postgres.get_uri(driver="psycopg")
    await to_thread.run_sync(migrate.upgrade, url)
    database = Database.open(url)
    async with database.begin(alice) as tx:
        await tx.collections.ensure("before")
    attempts = 0

    async def work(tx: Transaction) -> None:
        nonlocal attempts
        attempts += 1
        await tx.collections.ensure("after")
        if attempts == 1:
            await to_thread.run_sync(own_postgres.stop)

    patient = Repeats(attempts=100, first_s=0.05, longest_s=0.2)
    running = asyncio.create_task(database.run(alice, work, repeats=patient))
    process = own_postgres.get_postmaster_info().process
    while attempts == 0 or process.is_running():  # noqa: ASYNC110 - no event of ours
        await asyncio.sleep(0.02)
    with pytest.raises((DatabaseUnreachableError, DatabaseConnectionLostError)):
        async with database.begin(alice) as tx:
            await tx.collections.list()
    assert not running.done()
    await to_thread.run_sync(own_postgres.start)
    async with asyncio.timeout(20):
        await running
    async with database.begin(alice, read_only=True) as tx:
        assert {row.name for row in await tx.collections.list()} == {"before", "after"}
    await database.aclose()


@pytest.mark.integration
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (DatabaseOptions(lock_timeout_s=0.2), "holds a lock"),
        (DatabaseOptions(statement_timeout_s=0.2), "took too long"),
    ],
    ids=["lock", "statement"],
)
async def test_waiting_on_the_server_has_a_bound(
    server: Database,
    postgres_migrated: str,
    alice: Principal,
    *,
    options: DatabaseOptions,
    message: str,
) -> None:
    bounded = Database.open(postgres_migrated, options)
    async with server.begin(alice) as holder:
        await sql(holder, "LOCK TABLE jobs")
        with pytest.raises(DatabaseBusyError, match=message):
            async with bounded.begin(alice) as tx:
                await sql(tx, "LOCK TABLE jobs")
    await bounded.aclose()


@pytest.mark.integration
async def test_a_transaction_that_does_nothing_is_ended(
    server: Database, postgres_migrated: str, alice: Principal
) -> None:
    bounded = Database.open(postgres_migrated, DatabaseOptions(idle_timeout_s=0.2))
    with pytest.raises(DatabaseConnectionLostError):
        async with bounded.begin(alice) as tx:
            await sql(tx, "LOCK TABLE jobs")
            await asyncio.sleep(0.6)
            await sql(tx, "SELECT 1")
    async with server.begin(alice) as tx:
        await sql(tx, "LOCK TABLE jobs")
    await bounded.aclose()


@pytest.mark.integration
async def test_a_pool_has_as_many_connections_as_the_settings_say(
    server: Database, postgres_migrated: str, alice: Principal
) -> None:
    options = DatabaseOptions(pool_size=1, max_overflow=1, pool_timeout_s=0.2)
    small = Database.open(postgres_migrated, options)
    async with small.begin(alice) as first, small.begin(alice) as second:
        await first.collections.list()
        await second.collections.list()
        with pytest.raises(DatabaseBusyError, match="connections are in use"):
            async with small.begin(alice) as third:
                await third.collections.list()
    async with small.begin(alice) as tx:
        assert len(await tx.collections.list()) == 2
    await small.aclose()


async def test_connecting_has_a_bound(alice: Principal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/none"
        database = Database.open(url, DatabaseOptions(connect_timeout_s=2))
        started = time.monotonic()
        with pytest.raises(DatabaseUnreachableError):
            async with database.begin(alice) as tx:
                await tx.collections.list()
        assert 1.5 < time.monotonic() - started < 6
        await database.aclose()
