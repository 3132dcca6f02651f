"""What is found in a collection changes: then it has another generation, and only then."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from data.database import Database, Transaction
from data.models import Use
from data.terms import NewLicence, Terms
from data.values import CollectionState, NewIndex, NewVersion
from providers.principal import Principal

CLOSED = Terms(uses=frozenset({Use.INDEX}))
Change = Callable[[Transaction, Any], Awaitable[object]]


async def _state(database: Database, principal: Principal) -> CollectionState:
    async with database.begin(principal, read_only=True) as tx:
        found = await tx.collections.state("default")
    assert found is not None
    return found


async def _delete(tx: Transaction, stored: Any) -> None:
    await tx.documents.soft_delete(stored.document_id)


async def _fail(tx: Transaction, stored: Any) -> None:
    await tx.documents.fail(stored.version_id, "broken")


async def _make_public(tx: Transaction, stored: Any) -> None:
    await tx.documents.attach(stored.document_id, is_public=True)


async def _make_another_product(tx: Transaction, stored: Any) -> None:
    product = await tx.provenance.ensure_product("KX-200")
    await tx.documents.attach(stored.document_id, product_id=product.id)


async def _license(tx: Transaction, stored: Any) -> None:
    licence = await tx.licences.put(NewLicence(name="house"))
    await tx.licences.give_collection(stored.collection_id, licence.id)
    await tx.licences.put(NewLicence(name="house", terms=CLOSED))


async def _switch(tx: Transaction, stored: Any) -> None:
    new = NewIndex(name="other", embedder="e", sparse_encoder=None)
    await tx.indexes.ensure(stored.collection_id, new)
    await tx.indexes.activate(stored.collection_id, "other")


async def _clear(tx: Transaction, stored: Any) -> None:
    assert list(await tx.collections.forget_answers()) == [stored.collection_id]


@pytest.mark.parametrize(
    "change", [_delete, _fail, _make_public, _make_another_product, _license, _switch, _clear]
)
async def test_a_change_of_what_is_found_is_counted_once(
    database: Database, library: Any, alice: Principal, change: Change
) -> None:
    stored = await library.store(alice)
    before = await _state(database, alice)
    async with database.begin(alice) as tx:
        await change(tx, stored)
    assert (await _state(database, alice)).generation == before.generation + 1


async def test_what_is_not_found_yet_changes_nothing(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    before = await _state(database, alice)
    await library.store(alice, sha256="b" * 64, publish=False)
    assert await _state(database, alice) == before
    async with database.begin(alice) as tx:
        version = await tx.documents.add_version(
            stored.document_id, NewVersion(sha256="c" * 64, bytes=3)
        )
        await tx.documents.publish(version.id)
    assert (await _state(database, alice)).generation == before.generation + 1


async def test_saying_the_same_again_changes_nothing(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        await _make_public(tx, stored)
    before = await _state(database, alice)
    async with database.begin(alice) as tx:
        await _make_public(tx, stored)
        await tx.documents.attach(stored.document_id, source_uri="file:///a")
        await tx.terms.refresh()
    assert await _state(database, alice) == before


async def test_a_change_that_is_rolled_back_is_not_counted(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    before = await _state(database, alice)
    with pytest.raises(RuntimeError):
        async with database.begin(alice) as tx:
            await tx.documents.soft_delete(stored.document_id)
            raise RuntimeError("stop")
    assert await _state(database, alice) == before


async def test_a_restored_document_counts_and_other_tenants_do_not(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    stored = await library.store(alice)
    await library.store(bob)
    theirs = await _state(database, bob)
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(stored.document_id)
    deleted = await _state(database, alice)
    async with database.begin(alice) as tx:
        await tx.trash.restore(stored.document_id)
    assert (await _state(database, alice)).generation == deleted.generation + 1
    assert await _state(database, bob) == theirs


async def test_publishing_and_deleting_at_once_neither_block_nor_lose_a_change(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = [await library.store(alice, f"{n}.pdf", sha256=f"{n:064}") for n in range(6)]
    before = await _state(database, alice)

    async def publish(number: int) -> None:
        one = stored[number]
        async with database.begin(alice) as tx:
            await tx.collections.lock(one.collection_id)
            version = await tx.documents.add_version(
                one.document_id, NewVersion(sha256=f"{number + 100:064}", bytes=3)
            )
            await asyncio.sleep(0.01)
            await tx.documents.publish(version.id)

    async def delete(number: int) -> None:
        async with database.begin(alice) as tx:
            await tx.documents.soft_delete(stored[number].document_id)
            await asyncio.sleep(0.01)
            # Another document in the same transaction: its row may be held by a publication.
            await tx.documents.attach(stored[number - 3].document_id, is_public=True)

    await asyncio.gather(*(publish(n) for n in range(3)), *(delete(n) for n in range(3, 6)))
    assert (await _state(database, alice)).generation == before.generation + 6
