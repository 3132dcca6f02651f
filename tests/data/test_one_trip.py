"""The SQLite driver that visits the connection's thread once for each statement."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from data.engine import make_engine
from data.options import DatabaseOptions


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[AsyncConnection]:
    url = make_url(f"sqlite+aiosqlite:///{tmp_path / 'x.db'}")
    engine = make_engine(url, DatabaseOptions())
    async with engine.connect() as opened:
        await opened.execute(text("CREATE TABLE parts (id INTEGER PRIMARY KEY, name TEXT UNIQUE)"))
        yield opened
    await engine.dispose()


async def test_rows_columns_and_counts_are_those_of_the_driver(connection: AsyncConnection) -> None:
    added = await connection.execute(text("INSERT INTO parts (name) VALUES ('filter')"))
    assert (added.rowcount, added.lastrowid) == (1, 1)
    names: Any = [{"name": "hose"}, {"name": "valve"}]
    await connection.execute(text("INSERT INTO parts (name) VALUES (:name)"), names)
    changed = await connection.execute(text("UPDATE parts SET name = upper(name) WHERE id > 1"))
    assert changed.rowcount == 2
    found = await connection.execute(text("SELECT id, name FROM parts ORDER BY id"))
    assert list(found.keys()) == ["id", "name"]
    assert [tuple(row) for row in found] == [(1, "filter"), (2, "HOSE"), (3, "VALVE")]


async def test_an_error_leaves_the_connection_usable(connection: AsyncConnection) -> None:
    await connection.execute(text("INSERT INTO parts (name) VALUES ('filter')"))
    with pytest.raises(IntegrityError, match="UNIQUE"):
        await connection.execute(text("INSERT INTO parts (name) VALUES ('filter')"))
    assert (await connection.execute(text("SELECT count(*) FROM parts"))).scalar_one() == 1


async def test_a_statement_is_one_trip(
    connection: AsyncConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trips: list[object] = []
    execute = aiosqlite.Connection._execute

    async def counted(self: aiosqlite.Connection, work: Any, *args: Any, **kw: Any) -> Any:
        trips.append(work)
        return await execute(self, work, *args, **kw)  # type: ignore[no-untyped-call]

    monkeypatch.setattr(aiosqlite.Connection, "_execute", counted)
    (await connection.execute(text("SELECT 1"))).all()
    assert len(trips) == 1
    plain = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'y.db'}")
    async with plain.connect() as other:
        trips.clear()
        (await other.execute(text("SELECT 1"))).all()
    await plain.dispose()
    assert len(trips) > 1
