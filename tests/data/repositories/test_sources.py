"""Sources, their items and their crawls, on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

from data.columns import now
from data.database import Database
from data.models import ItemState, Source
from providers.principal import Principal
from tests.data.conftest import Library


async def make(database: Database, principal: Principal, name: str = "site", **more: Any) -> Source:
    async with database.begin(principal) as tx:
        collection = await tx.collections.ensure("default")
        values = {"plugin": "web", "options": {"start": ["ä"]}, "collection_id": collection.id}
        source = await tx.sources.create(name, values | more)
    assert source is not None
    return source


def row(uri: str, state: ItemState = ItemState.INDEXED, **more: Any) -> dict[str, Any]:
    known = {"etag": '"1"', "sha256": "a" * 64, "bytes": 3, "attributes": {"depth": "1"}}
    return {"uri": uri, "state": state, **known, **more}


async def test_a_name_is_given_once_and_free_again_after_removal(
    database: Database, alice: Principal, bob: Principal, library: Library
) -> None:
    source = await make(database, alice)
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        values = {"plugin": "web", "options": {}, "collection_id": stored.collection_id}
        assert await tx.sources.create("site", values) is None
        await tx.documents.attach(
            stored.document_id, source_id=source.id, source_uri="u", is_public=True
        )
        assert [row.id for row in await tx.documents.of_source(source.id)] == [stored.document_id]
    async with database.begin(bob) as tx:
        assert await tx.sources.by_name("site") is None
        assert list(await tx.sources.list()) == []
    async with database.begin(alice) as tx:
        await tx.source_items.put(source.id, [row("u")])
        await tx.sources.remove(source)
        assert await tx.sources.by_name("site") is None
        document = await tx.documents.get(stored.document_id)
        assert document is not None
        assert (document.source_id, document.source_uri) == (None, "u")
    again = await make(database, alice)
    async with database.begin(alice) as tx:
        assert await tx.source_items.counts(again.id) == {}


async def test_a_due_crawl_is_claimed_by_one_of_many(
    database: Database, alice: Principal, bob: Principal
) -> None:
    moment = now()
    source = await make(database, alice, next_crawl_at=moment - timedelta(minutes=1))
    await make(database, alice, "later", next_crawl_at=moment + timedelta(minutes=1))
    await make(database, alice, "off", next_crawl_at=moment - timedelta(1), enabled=False)
    other = await make(database, bob, next_crawl_at=moment - timedelta(minutes=2))
    async with database.unscoped(read_only=True) as everyone:
        due = await everyone.sources.due(moment)
    assert [found.id for found in due] == [other.id, source.id]

    async def claim() -> bool:
        async with database.begin(alice) as tx:
            later = moment + timedelta(days=1)
            assert source.next_crawl_at is not None
            return await tx.sources.claim(source.id, source.next_crawl_at, later)

    assert sum(await asyncio.gather(*(claim() for _ in range(6)))) == 1


async def test_a_name_of_two_tenants_is_not_told_apart_and_an_id_is(
    database: Database, alice: Principal, bob: Principal
) -> None:
    source = await make(database, alice)
    await make(database, bob)
    async with database.unscoped(read_only=True) as everyone:
        assert len(await everyone.sources.called("site")) == 2
        assert [row.tenant_id for row in await everyone.sources.called(source.id)] == ["acme"]


async def test_items_are_read_in_pages_and_written_again(
    database: Database, alice: Principal
) -> None:
    source = await make(database, alice)
    async with database.begin(alice) as tx:
        await tx.source_items.put(source.id, [row(f"u{number}") for number in range(5)])
        await tx.source_items.put(source.id, [row("u1", ItemState.QUARANTINED, reason="empty")])
    async with database.begin(alice, read_only=True) as tx:
        first = await tx.source_items.page(source.id, limit=3)
        rest = await tx.source_items.page(source.id, after=first[-1].uri, limit=3)
        found = await tx.source_items.of(source.id, ["u1", "nowhere"])
        counts = await tx.source_items.counts(source.id)
        quarantined = await tx.source_items.page(source.id, state=ItemState.QUARANTINED)
    assert [item.uri for item in [*first, *rest]] == ["u0", "u1", "u2", "u3", "u4"]
    assert (found["u1"].state, found["u1"].attributes) == (ItemState.QUARANTINED, {"depth": "1"})
    assert list(found) == [item.uri for item in quarantined] == ["u1"]
    assert counts == {"indexed": 4, "quarantined": 1}


async def test_a_failed_look_leaves_what_was_known(database: Database, alice: Principal) -> None:
    source = await make(database, alice)
    async with database.begin(alice) as tx:
        items = tx.source_items
        await items.put(source.id, [row("held"), row("bad", ItemState.QUARANTINED, reason="empty")])
        for uri in ("held", "bad", "new"):
            await items.note(source.id, uri, ItemState.FAILED, "transient", "no answer")
        found = await items.of(source.id, ["held", "bad", "new"])
        assert (found["held"].state, found["held"].reason) == (ItemState.INDEXED, "transient")
        assert found["held"].sha256 == "a" * 64
        assert (found["bad"].state, found["bad"].reason) == (ItemState.QUARANTINED, "empty")
        assert (found["new"].state, found["new"].sha256) == (ItemState.FAILED, None)
        await items.seen(source.id, ["held", "bad"])
        found = await items.of(source.id, ["held", "bad"])
        assert (found["held"].reason, found["bad"].reason) == (None, "empty")
        await items.revalidate(source.id, "held", etag='"2"', last_modified=None)
        await items.withdraw(source.id, "bad", ItemState.GONE, reason=None, message="away")
        found = await items.of(source.id, ["held", "bad"])
        assert found["held"].etag == '"2"'
        assert (found["bad"].state, found["bad"].sha256) == (ItemState.GONE, None)


async def test_crawls_are_counted_and_counted_anew_after_a_restart(
    database: Database, alice: Principal
) -> None:
    source = await make(database, alice)
    async with database.begin(alice) as tx:
        job = await tx.jobs.create("crawl", {})
        await tx.crawl_jobs.begin(job.id, source.id, trigger="manual")
        await tx.crawl_jobs.begin(job.id, source.id, trigger="schedule")
        assert await tx.crawl_jobs.open(source.id, besides="manual") is None
        running = await tx.crawl_jobs.open(source.id, besides="push")
        assert running is not None
        assert (running.job_id, running.trigger) == (job.id, "manual")
        await tx.crawl_jobs.add(job.id, {"fetched": {"indexed": 2}}, bytes_fetched=10)
        counted = {"fetched": {"indexed": 1, "duplicate": 1}, "unchanged": {"etag": 4, "text": 1}}
        crawl = await tx.crawl_jobs.add(job.id, counted, bytes_fetched=5)
        assert crawl is not None
        assert (crawl.fetched, crawl.unchanged, crawl.bytes_fetched) == (4, 5, 15)
        await tx.crawl_jobs.restart(job.id, "web-1")
    async with database.begin(alice) as tx:
        again = await tx.crawl_jobs.get(job.id)
        assert again is not None
        assert (again.fetched, again.unchanged, again.rules_version) == (4, 1, "web-1")
        assert again.reasons == {
            "fetched": {"indexed": 3, "duplicate": 1},
            "unchanged": {"text": 1},
        }
        await tx.jobs.start(job.id)
        await tx.jobs.finish(job.id, {})
        await tx.crawl_jobs.finish(job.id)
        assert await tx.crawl_jobs.open(source.id, besides="push") is None
        assert [row.job_id for row in await tx.crawl_jobs.history(source.id)] == [job.id]


async def test_vendors_and_products_are_made_once(
    database: Database, alice: Principal, bob: Principal
) -> None:
    async with database.begin(alice) as tx:
        vendor = await tx.provenance.put_vendor("Brisk", website="https://brisk.example")
        again = await tx.provenance.put_vendor("Brisk")
        assert (again.id, again.website) == (vendor.id, "https://brisk.example")
        await tx.provenance.put_product("B-12", name="Brisk 12")
        product = await tx.provenance.put_product("B-12", vendor_id=vendor.id)
        assert (product.name, product.vendor_id) == ("Brisk 12", vendor.id)
        names = await tx.provenance.names_of(
            vendor_id=vendor.id, product_id=product.id, licence_id=None
        )
        assert names == {"vendor": "Brisk", "product": "B-12", "licence": None}
    async with database.begin(bob, read_only=True) as tx:
        assert list(await tx.provenance.vendors()) == []
        assert list(await tx.provenance.products()) == []
