import asyncio
from datetime import timedelta
from typing import Any

import pytest

from data.columns import now
from data.database import Database
from data.errors import RowNotFoundError
from data.models import IndexState
from data.values import NewChunk, NewIndex, ParsedVersion
from providers.principal import Principal

OLD = NewIndex(name="c1-old", embedder="e1", sparse_encoder="s1", recipe={"embedder": {"a": 1}})
NEW = NewIndex(name="c1-new", embedder="e2", sparse_encoder="s1", parser="p", chunker="c2")


async def test_one_index_is_live_and_the_last_one_can_come_back(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        collection = await tx.collections.ensure("default")
        for new in (OLD, NEW):
            await tx.indexes.ensure(collection.id, new)
            await tx.indexes.activate(collection.id, new.name)
    async with database.begin(alice) as tx:
        states = {row.name: row.state for row in await tx.indexes.of_collection(collection.id)}
        assert states == {"c1-old": IndexState.RETIRED, "c1-new": IndexState.LIVE}
        live = await tx.collections.live_index("default")
        assert live is not None
        assert (live.name, live.embedder, live.sparse_encoder) == ("c1-new", "e2", "s1")
        before = await tx.indexes.last_retired(collection.id)
        assert before is not None
        assert (before.name, before.recipe) == ("c1-old", {"embedder": {"a": 1}})
        await tx.indexes.activate(collection.id, before.name)
        states = {row.name: row.state for row in await tx.indexes.of_collection(collection.id)}
    assert states == {"c1-old": IndexState.LIVE, "c1-new": IndexState.RETIRED}


async def test_a_dropped_index_can_be_built_again(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        collection = await tx.collections.ensure("default")
        for new in (OLD, NEW, OLD):
            await tx.indexes.ensure(collection.id, new)
            await tx.indexes.activate(collection.id, new.name)
        assert await tx.indexes.retired_before(now() - timedelta(days=1)) == []
        (retired,) = await tx.indexes.retired_before(now() + timedelta(seconds=1))
        assert retired.name == "c1-new"
        await tx.indexes.forget(retired.id)
    async with database.begin(alice) as tx:
        assert [row.name for row in await tx.indexes.list()] == ["c1-old"]
        again = await tx.indexes.rebuild(collection.id, NEW, job=None)
        assert (again.name, again.state, again.deleted_at) == ("c1-new", "building", None)
        live = await tx.indexes.rebuild(collection.id, OLD, job=None)
        assert live.state is IndexState.LIVE
        with pytest.raises(RowNotFoundError):
            await tx.indexes.activate(collection.id, "c1-none")


async def test_a_switch_waits_for_those_who_publish(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        collection = await tx.collections.ensure("default")
    order: list[str] = []
    holding = asyncio.Event()

    async def publish() -> None:
        async with database.begin(alice) as tx:
            await tx.collections.lock(collection.id)
            holding.set()
            await asyncio.sleep(0.1)
            order.append("published")

    async def switch() -> None:
        await holding.wait()
        async with database.begin(alice) as tx:
            await tx.collections.lock(collection.id)
            order.append("switched")

    await asyncio.gather(publish(), switch())
    assert order == ["published", "switched"]


async def test_two_sets_of_chunks_stand_side_by_side(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, texts=["one", "two"])
    document_id, collection_id = stored.document_id, stored.collection_id
    new = "0" * 36
    async with database.begin(alice) as tx:
        await tx.documents.describe(stored.version_id, ParsedVersion(parser="", chunker=""))
        cut = NewChunk(
            id=new,
            ordinal=0,
            text="one two",
            char_start=0,
            char_end=7,
            token_count=2,
            parser="p",
            chunker="c2",
        )
        for _ in range(2):
            await tx.chunk_sets.add(document_id, stored.version_id, [cut])
    async with database.begin(alice) as tx:
        assert [row.text for row in await tx.chunks.of_document(document_id)] == ["one", "two"]
        assert len(await tx.chunks.of_version(stored.version_id)) == 2
        sets = {each.label: each for each in await tx.chunk_sets.all(collection_id)}
        assert (sets["p", "c2"].ids, sets["p", "c2"].read) == ((new,), False)
        assert (len(sets["", ""].ids), sets["", ""].read) == (2, True)
        assert len(await tx.chunk_sets.in_use(collection_id)) == 3
        assert [chunk.text for chunk in await tx.chunks.live([new])] == ["one two"]
        await tx.chunk_sets.read_from([stored.version_id], ("p", "c2"))
        await tx.chunk_sets.recount(collection_id)
        assert await tx.chunk_sets.published(collection_id) == {stored.version_id: document_id}
    async with database.begin(alice) as tx:
        assert [row.text for row in await tx.chunks.of_document(document_id)] == ["one two"]
        document = await tx.documents.get(document_id)
        assert document is not None
        assert document.chunk_count == 1
        assert await tx.chunk_sets.prune(collection_id) == 2
        assert await tx.chunk_sets.in_use(collection_id) == {new}


async def test_one_server_takes_a_tick(database: Database) -> None:
    tick = now()

    async def claim(name: str) -> bool:
        async with database.unscoped() as tx:
            return await tx.schedules.claim(name, tick)

    assert sum(await asyncio.gather(*(claim("purge") for _ in range(5)))) == 1
    assert await claim("reconcile")
    tick += timedelta(minutes=1)
    assert sum(await asyncio.gather(*(claim("purge") for _ in range(5)))) == 1
