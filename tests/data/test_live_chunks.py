"""The read on every search's path: past sessions, but not past the tenant."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from data.database import Database
from data.errors import DatabaseCorruptError, SchemaError
from providers.principal import Principal


async def test_it_gives_what_a_reading_transaction_gives(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, texts=["a", "b", "c"])
    wanted = ["unknown", stored.chunk_ids[2], stored.chunk_ids[0], stored.chunk_ids[2]]
    async with database.begin(alice, read_only=True) as tx:
        expected = await tx.chunks.live(wanted)
    found = await database.live_chunks(alice, wanted)
    assert [chunk.text for chunk in found] == ["c", "a"]
    assert found == expected
    assert await database.live_chunks(alice, wanted[:1]) == []
    assert await database.live_chunks(alice, []) == []


async def test_other_tenants_and_deleted_documents_stay_out(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    stored = await library.store(alice)
    assert await database.live_chunks(bob, stored.chunk_ids) == []
    assert len(await database.live_chunks(alice, stored.chunk_ids)) == 2
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(stored.document_id)
    assert await database.live_chunks(alice, stored.chunk_ids) == []


async def test_it_says_which_index_is_live(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    for name in ("first", "second"):
        async with database.begin(alice) as tx:
            await tx.collections.set_live_index(stored.collection_id, name, None, None)
        found = await database.live_chunks(alice, stored.chunk_ids)
        assert {chunk.live_index for chunk in found} == {name}


async def test_the_driver_gets_one_statement_with_the_tenant_of_each_table(
    sqlite_file: Path, library: Any, alice: Principal
) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{sqlite_file}")
    seen: list[str] = []
    assert database._readers is not None
    event.listen(
        database._readers.engine,
        "checkout",
        lambda driver, *_: driver.set_trace_callback(seen.append),
    )
    await database.live_chunks(alice, ["x", "y"])
    (statement,) = seen
    for table in ("chunks", "document_versions", "documents", "collections"):
        assert f"{table}.tenant_id = '{alice.tenant_id}'" in statement
        assert f"{table}.deleted_at IS NULL" in statement
    await database.aclose()


async def test_what_it_meets_is_said_clearly(tmp_path: Path, alice: Principal) -> None:
    (tmp_path / "text.db").write_bytes(b"no database " * 1000)
    sqlite3.connect(tmp_path / "empty.db").close()
    for name, kind in (("text.db", DatabaseCorruptError), ("empty.db", SchemaError)):
        database = Database.open(f"sqlite+aiosqlite:///{tmp_path}/{name}")
        with pytest.raises(kind):
            await database.live_chunks(alice, ["x"])
        await database.aclose()
