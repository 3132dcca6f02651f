import asyncio
import errno
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data import engine as engine_module
from data.database import Database
from data.errors import (
    DatabaseBusyError,
    DatabaseError,
    DatabaseFullError,
    DatabaseReadOnlyError,
    DatabaseUnreachableError,
    DatabaseUrlError,
    translate,
)
from data.values import NewLlmCall
from providers.principal import Principal
from providers.types import Status


@pytest.mark.parametrize(
    "url",
    ["", "nonsense", "mysql://host/db", "sqlite+aiosqlite://", "sqlite+aiosqlite:///:memory:"],
)
def test_a_bad_url_names_the_setting(url: str) -> None:
    with pytest.raises(DatabaseUrlError, match=r"database\.url"):
        Database.open(url)


async def test_sqlite_is_set_up_for_many_readers_and_one_writer(
    tmp_path: Path, alice: Principal
) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/new/folder/cicerone.db")
    async with database._engine.connect() as connection:
        found = [
            (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "busy_timeout", "synchronous")
        ]
    assert found == ["wal", 1, 5000, 1]
    assert database.dialect == "sqlite"
    await database.aclose()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnreachableError, match="cannot be opened"):
        Database.open(f"sqlite+aiosqlite:///{tmp_path}/file/cicerone.db")


async def test_another_process_that_writes_makes_it_busy(
    sqlite_file: Path, alice: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", 0.1)
    monkeypatch.setattr(engine_module, "_PRAGMAS", ("PRAGMA busy_timeout=100",))
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusyError, match="locked"):
        async with database.begin(alice) as tx:
            await tx.collections.ensure("default")
    async with database.begin(alice, read_only=True) as tx:  # readers go on
        assert await tx.collections.list() == []
    other.execute("ROLLBACK")
    other.close()
    async with database.begin(alice) as tx:
        await tx.collections.ensure("default")
    await database.aclose()


async def test_a_transaction_inside_another_one_fails_instead_of_hanging(
    sqlite_file: Path, alice: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.writing.BUSY_SECONDS", 0.1)
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    async with database.begin(alice) as tx:
        with pytest.raises(DatabaseBusyError, match="inside another"):
            async with database.begin(alice):
                pass
        await tx.collections.ensure("default")
    await database.aclose()


async def test_a_full_disk_is_said_to_be_full(sqlite_file: Path, alice: Principal) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")

    async def fill() -> None:
        async with database.begin(alice) as tx:
            await tx.collections._session.connection()
            raw = await (await tx.collections._session.connection()).get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.execute_fetchall("PRAGMA max_page_count = 1")
            await tx.jobs.create("ingest", {"text": "x" * 1_000_000})

    with pytest.raises(DatabaseFullError, match="full"):
        await fill()
    await database.aclose()


async def test_a_cancelled_writer_frees_its_turn(database: Database, alice: Principal) -> None:
    entered = asyncio.Event()

    async def hold() -> None:
        async with database.begin(alice) as tx:
            await tx.collections.ensure("never")
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hold())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.begin(alice) as tx:
        assert await tx.collections.list() == []
        await tx.collections.ensure("default")


async def test_readers_do_not_wait_for_a_writer(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        await tx.collections.ensure("before")
    async with database.begin(alice) as tx:
        await tx.collections.ensure("after")
        async with database.begin(alice, read_only=True) as reader:
            assert [found.name for found in await reader.collections.list()] == ["before"]


async def test_a_server_that_is_not_there_is_unavailable(alice: Principal) -> None:
    database = Database.open("postgresql+psycopg://nobody@127.0.0.1:1/none")
    health = await database.check()
    assert (health.status, health.plugin) == (Status.UNAVAILABLE, "postgresql")
    assert "cannot be reached" in health.detail
    with pytest.raises(DatabaseUnreachableError):
        async with database.begin(alice) as tx:
            await tx.collections.list()
    await database.aclose()


async def test_a_naive_time_is_refused(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        await tx.llm_calls.add(NewLlmCall(function="f", model="m", outcome="ok"))
    with pytest.raises(DatabaseError, match="without a time zone"):
        async with database.begin(alice) as tx:
            await tx.llm_calls.spent_since(datetime(2026, 1, 1))
    async with database.begin(alice) as tx:
        spent = await tx.llm_calls.spent_since(datetime(2026, 1, 1, tzinfo=UTC))
        assert spent.calls == 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DatabaseFullError),
        (PermissionError(errno.EACCES, "Permission denied"), DatabaseUnreachableError),
        (RuntimeError("odd"), DatabaseError),
    ],
)
def test_errors_of_the_system_are_translated(error: Exception, kind: type[DatabaseError]) -> None:
    clear = translate(error)
    assert type(clear) is kind
    assert clear.type
    assert 400 <= clear.status < 600


async def test_a_file_that_cannot_be_written_says_so(sqlite_file: Path, alice: Principal) -> None:
    database = Database.open(f"sqlite+aiosqlite:///file:{sqlite_file}?mode=ro&uri=true")
    with pytest.raises((DatabaseReadOnlyError, DatabaseUnreachableError)):
        async with database.begin(alice) as tx:
            await tx.collections.ensure("default")
    await database.aclose()
