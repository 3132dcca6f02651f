"""Licences, manifests and exclusions decide at once what search may show."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.columns import now
from data.database import Database
from data.models import ExclusionKind, Source, Use
from data.repositories.licences import ITEM
from data.terms import DocumentTerms, NewLicence, Terms
from providers.principal import Principal

QUOTE = Terms(uses=frozenset({Use.INDEX, Use.QUOTE}))
INDEX = Terms(uses=frozenset({Use.INDEX}))


async def shown(database: Database, principal: Principal, stored: Any) -> list[str]:
    async with database.begin(principal, read_only=True) as tx:
        return [found.text for found in await tx.chunks.live(stored.chunk_ids)]


async def terms(database: Database, principal: Principal, document_id: str) -> DocumentTerms:
    async with database.begin(principal, read_only=True) as tx:
        found = await tx.terms.of(document_id)
    assert found is not None
    return found


async def test_a_document_without_a_licence_may_be_quoted(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)

    found = await terms(database, alice, stored.document_id)

    assert (found.licence, found.origin, found.quotable) == (None, None, True)
    assert await shown(database, alice, stored) == ["first", "second"]


async def test_a_licence_that_forbids_to_quote_hides_the_document_at_once(
    database: Database, library: Any, alice: Principal
) -> None:
    stored, other = await library.store(alice), await library.store(alice, "b.pdf", sha256="b" * 64)
    async with database.begin(alice) as tx:
        licence = await tx.licences.put(NewLicence(name="closed", terms=QUOTE))
        await tx.licences.give_document(stored.document_id, licence.id, Terms())
    assert await shown(database, alice, stored) == ["first", "second"]

    async with database.begin(alice) as tx:
        await tx.licences.put(NewLicence(name="closed", terms=INDEX))

    assert await shown(database, alice, stored) == []
    assert await shown(database, alice, other) == ["first", "second"]


async def test_an_expired_licence_stops_answering_without_anybody_doing_anything(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    end = now() + timedelta(seconds=3)
    async with database.begin(alice) as tx:
        licence = await tx.licences.put(NewLicence(name="trial", terms=Terms(expires_at=end)))
        await tx.licences.give_document(stored.document_id, licence.id, Terms())
    before = await shown(database, alice, stored)
    while now() <= end:  # noqa: ASYNC110 - what is waited for is the clock itself
        await asyncio.sleep(0.1)

    assert before == ["first", "second"]
    assert await shown(database, alice, stored) == []


async def test_the_most_specific_licence_wins(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        ids = {
            name: (await tx.licences.put(NewLicence(name=name))).id
            for name in ("house", "vendor", "page", "ours")
        }
        await tx.licences.give_collection(stored.collection_id, ids["house"])
        assert await origin(tx, stored) == ("house", "collection")
        source = Source(
            id="5" * 36,
            name="site",
            plugin="web",
            options={},
            collection_id=stored.collection_id,
            created_by="alice",
        )
        tx.documents._session.add(source)
        await tx.documents.attach(stored.document_id, source_id=source.id)
        assert await tx.licences.give_source("site", ids["vendor"])
        assert await origin(tx, stored) == ("vendor", "source")
        await tx.licences.give_document(stored.document_id, ids["page"], Terms(), origin=ITEM)
        assert await origin(tx, stored) == ("page", "item")
        await tx.licences.give_document(stored.document_id, ids["ours"], Terms())
        assert await origin(tx, stored) == ("ours", "document")
        await tx.licences.give_document(stored.document_id, ids["page"], Terms(), origin=ITEM)
        assert await origin(tx, stored) == ("ours", "document")
        await tx.licences.take_from_document(stored.document_id)
        assert await origin(tx, stored) == ("vendor", "source")
        assert not await tx.licences.give_source("nowhere", ids["vendor"])


async def origin(tx: Any, stored: Any) -> tuple[str | None, str | None]:
    found = await tx.terms.of(stored.document_id)
    return found.licence, found.origin


async def test_a_collection_licence_reaches_its_documents_and_no_others(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        elsewhere = await tx.collections.ensure("elsewhere")
        licence = await tx.licences.put(NewLicence(name="closed", terms=INDEX))
        await tx.licences.give_collection(elsewhere.id, licence.id)
    assert await shown(database, alice, stored) == ["first", "second"]

    async with database.begin(alice) as tx:
        await tx.licences.give_collection(stored.collection_id, licence.id)
    assert await shown(database, alice, stored) == []

    async with database.begin(alice) as tx:
        await tx.licences.give_collection(stored.collection_id, None)
    assert await shown(database, alice, stored) == ["first", "second"]


async def test_a_manifest_narrows_and_never_widens(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    end = datetime(2030, 1, 1, tzinfo=UTC)
    async with database.begin(alice) as tx:
        licence = await tx.licences.put(
            NewLicence(name="open", terms=Terms(uses=QUOTE.uses, attribution="Example Press"))
        )
        own = Terms(uses=frozenset(Use), attribution="Example Author", expires_at=end)
        await tx.licences.give_document(stored.document_id, licence.id, own)

    found = await terms(database, alice, stored.document_id)

    assert found.terms == Terms(uses=QUOTE.uses, attribution="Example Author", expires_at=end)
    async with database.begin(alice, read_only=True) as tx:
        live = await tx.chunks.live(stored.chunk_ids)
    assert {chunk.attribution for chunk in live} == {"Example Author"}


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (ExclusionKind.SOURCE, "man*.pdf"),
        (ExclusionKind.SHA256, "a" * 64),
        (ExclusionKind.LICENCE, "cl?sed"),
        (ExclusionKind.URI, "https://example.org/*"),
        (ExclusionKind.VENDOR, "ACME"),
    ],
)
async def test_an_exclusion_hides_what_fits_until_it_is_removed(
    database: Database, library: Any, alice: Principal, kind: ExclusionKind, pattern: str
) -> None:
    stored, other = await library.store(alice), await library.store(alice, "b.pdf", sha256="b" * 64)
    async with database.begin(alice) as tx:
        licence = await tx.licences.put(NewLicence(name="closed"))
        await tx.licences.give_document(stored.document_id, licence.id, Terms())
        product = await tx.provenance.ensure_product("BX-2", vendor="Acme")
        await tx.documents.attach(
            stored.document_id, source_uri="https://example.org/m", product_id=product.id
        )
        made = await tx.licences.exclude(kind, pattern, "the maker asked")
    assert await shown(database, alice, stored) == []
    assert await shown(database, alice, other) == ["first", "second"]

    async with database.begin(alice) as tx:
        again = await tx.licences.exclude(kind, pattern, "the maker asked twice")
        assert (again.id, again.reason) == (made.id, "the maker asked twice")
        assert await tx.licences.include(made.id)
        assert not await tx.licences.include(made.id)
    assert await shown(database, alice, stored) == ["first", "second"]


async def test_an_exclusion_also_holds_for_a_document_that_is_deleted_and_comes_back(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(stored.document_id)
        await tx.licences.exclude(ExclusionKind.SOURCE, "manual.pdf", "asked for")

    again = await library.store(alice)

    assert await shown(database, alice, again) == []


async def test_the_terms_of_one_tenant_leave_another_alone(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    mine, theirs = await library.store(alice), await library.store(bob)
    async with database.begin(bob) as tx:
        licence = await tx.licences.put(NewLicence(name="closed", terms=INDEX))
        await tx.licences.give_collection(theirs.collection_id, licence.id)
        await tx.licences.exclude(ExclusionKind.SOURCE, "*", "closed")

    assert await shown(database, alice, mine) == ["first", "second"]
    assert await shown(database, bob, theirs) == []
    async with database.begin(alice, read_only=True) as tx:
        assert await tx.licences.list() == []
        assert await tx.licences.exclusions() == []


async def test_the_public_finds_public_documents_only(
    database: Database, library: Any, alice: Principal
) -> None:
    public = Principal(tenant_id="acme", subject="web", attributes={"audience": "public"})
    inside, outside = (
        await library.store(alice),
        await library.store(alice, "b.pdf", sha256="b" * 64),
    )
    async with database.begin(alice) as tx:
        await tx.documents.attach(outside.document_id, is_public=True)

    assert await shown(database, public, inside) == []
    assert await shown(database, public, outside) == ["first", "second"]
    async with database.begin(public, read_only=True) as tx:
        assert await tx.documents.get(inside.document_id) is None
        listed, total = await tx.documents.list()
    assert ([row.id for row in listed], total) == ([outside.document_id], 1)


async def test_a_product_is_made_once_and_shown_with_its_document(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        product = await tx.provenance.ensure_product("BX-2", vendor="Acme")
        assert (await tx.provenance.ensure_product("BX-2")).id == product.id
        await tx.documents.attach(stored.document_id, product_id=product.id)
    async with database.begin(alice, read_only=True) as tx:
        row = await tx.documents.get(stored.document_id)
    assert row is not None
    assert row.product is not None
    assert row.product.sku == "BX-2"
