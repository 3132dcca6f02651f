"""Reading transactions: on SQLite they have connections of their own."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from data import reading
from data.database import Database
from data.errors import (
    DatabaseBusyError,
    DatabaseCorruptError,
    DatabaseReadOnlyError,
    SchemaError,
)
from providers.principal import Principal


async def test_a_changed_row_is_refused_at_the_end(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    with pytest.raises(DatabaseReadOnlyError):
        async with database.begin(alice, read_only=True) as tx:
            document = await tx.documents.get(stored.document_id)
            assert document is not None
            document.title = "changed"
    async with database.begin(alice, read_only=True) as tx:
        document = await tx.documents.get(stored.document_id)
        assert document is not None
        assert document.title is None


async def test_a_transaction_sees_what_was_there_at_its_first_statement(
    sqlite_file: Path, alice: Principal
) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    async with database.begin(alice, read_only=True) as reader:
        assert await reader.collections.live_index("default") is None
        async with database.begin(alice) as writer:
            await writer.collections.ensure("default")
        assert await reader.collections.live_index("default") is None
    async with database.begin(alice, read_only=True) as reader:
        assert await reader.collections.live_index("default") is not None
    await database.aclose()


async def test_the_live_index_follows_a_switch_at_once(
    database: Database, alice: Principal, bob: Principal
) -> None:
    async with database.begin(alice) as tx:
        made = await tx.collections.ensure("default")
    for name in ("first", "second"):
        async with database.begin(alice) as tx:
            await tx.collections.set_live_index(made.id, name, None, None)
        async with database.begin(alice, read_only=True) as tx:
            found = await tx.collections.live_index("default")
        assert found is not None
        assert (found.collection_id, found.name) == (made.id, name)
    async with database.begin(bob, read_only=True) as tx:
        assert await tx.collections.live_index("default") is None


async def test_sqlite_itself_refuses_writes_of_readers(sqlite_file: Path, alice: Principal) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    async with database.begin(alice, read_only=True) as tx:
        connection: Any = tx.collections._session.sync_session.connection()
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    await database.aclose()


async def test_too_many_open_readers_make_it_busy(
    sqlite_file: Path, alice: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "READERS", 1)
    monkeypatch.setattr(reading, "WAIT_SECONDS", 0.05)
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    async with database.begin(alice, read_only=True) as tx:
        await tx.collections.list()
        with pytest.raises(DatabaseBusyError, match="in use"):
            async with database.begin(alice, read_only=True):
                pass
    async with database.begin(alice, read_only=True) as tx:
        assert await tx.collections.list() == []
    await database.aclose()


async def test_more_readers_than_connections_all_get_their_turn(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)

    async def read() -> int:
        async with database.begin(alice, read_only=True) as tx:
            await tx.collections.live_index("default")
            return len(await tx.chunks.live(stored.chunk_ids))

    assert await asyncio.gather(*(read() for _ in range(60))) == [2] * 60


async def test_a_cancelled_reader_gives_its_connection_back(
    sqlite_file: Path, alice: Principal
) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")

    async def read() -> None:
        async with database.begin(alice, read_only=True) as tx:
            while True:
                await tx.collections.list()

    for _ in range(2 * reading.READERS):
        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with database.begin(alice, read_only=True) as tx:
        assert await tx.collections.list() == []
    await database.aclose()


async def test_readers_hold_nothing_open_after_closing(sqlite_file: Path, alice: Principal) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    async with database.begin(alice) as tx:
        await tx.collections.ensure("default")
    async with database.begin(alice, read_only=True) as tx:
        await tx.collections.list()
    await database.aclose()
    # The last connection to leave removes the write-ahead log.
    assert [path.name for path in sqlite_file.parent.glob("*-wal")] == []


async def test_what_a_reader_meets_is_said_clearly(tmp_path: Path, alice: Principal) -> None:
    (tmp_path / "text.db").write_bytes(b"no database " * 1000)
    sqlite3.connect(tmp_path / "empty.db").close()
    for name, kind in (("text.db", DatabaseCorruptError), ("empty.db", SchemaError)):
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/{name}")
        with pytest.raises(kind):
            async with database.begin(alice, read_only=True) as tx:
                await tx.chunks.live(["x"])
        await database.aclose()
