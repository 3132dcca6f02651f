"""Relatives are found through bands; the policy decides who answers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.database import Database
from data.models import DuplicatePolicy, ExclusionKind, LinkKind, Use
from data.terms import NewLicence, Terms
from data.values import NewLink, NewVersion, ParsedVersion, Stated, TextSignature
from providers.principal import Principal


def signature(*bands: int) -> TextSignature:
    return TextSignature(method="test", shingles=9, hashes=bytes(16), bands=bands)


def link(newer: Any, older: Any, *, replaces: bool = True) -> NewLink:
    return NewLink(
        newer_id=newer.document_id,
        older_id=older.document_id,
        kind=LinkKind.REVISION,
        jaccard=0.6,
        containment=0.85,
        replaces=replaces,
    )


@pytest.fixture
async def pair(database: Database, library: Any, alice: Principal) -> tuple[Any, Any]:
    """Two documents, the second of which replaces the first."""
    older = await library.store(alice, "v1.pdf")
    newer = await library.store(alice, "v2.pdf", sha256="b" * 64)
    async with database.begin(alice) as tx:
        for stored, bands in ((older, (1, 2)), (newer, (1, 3))):
            ids = (stored.collection_id, stored.document_id, stored.version_id)
            await tx.likeness.keep(*ids, signature(*bands))
        await tx.likeness.link(newer.document_id, [link(newer, older)])
    return older, newer


async def found(database: Database, principal: Principal, *stored: Any) -> list[str]:
    """Return the sources that search shows."""
    ids = [id for each in stored for id in each.chunk_ids]
    async with database.begin(principal, read_only=True) as tx:
        return sorted({chunk.source for chunk in await tx.chunks.live(ids)})


async def set_policy(database: Database, principal: Principal, policy: DuplicatePolicy) -> None:
    async with database.begin(principal) as tx:
        collection = await tx.collections.ensure("default")
        await tx.likeness.set_policy(collection.id, policy)


async def test_a_shared_band_makes_a_candidate(
    database: Database, pair: tuple[Any, Any], alice: Principal, bob: Principal
) -> None:
    older, newer = pair
    at = older.collection_id
    async with database.begin(alice, read_only=True) as tx:
        near = await tx.likeness.candidates(at, "new", signature(1, 9))
        assert [row.source for row in near] == ["v1.pdf", "v2.pdf"]
        assert near[0].signature == TextSignature(method="test", shingles=9, hashes=bytes(16))
        assert [r.source for r in await tx.likeness.candidates(at, "new", signature(8, 3))] == [
            "v2.pdf"
        ]
        assert await tx.likeness.candidates(at, "new", signature(3, 1)) == []
        assert await tx.likeness.candidates("elsewhere", "new", signature(1)) == []
        near = await tx.likeness.candidates(at, newer.document_id, signature(1))
        assert [row.source for row in near] == ["v1.pdf"]
    async with database.begin(bob, read_only=True) as tx:
        assert await tx.likeness.candidates(at, "new", signature(1)) == []


async def test_only_what_search_finds_is_a_candidate(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(older.document_id)
        await tx.documents.quarantine(newer.version_id, "corrupt", "broken")
        assert await tx.likeness.candidates(older.collection_id, "new", signature(1)) == []


async def test_everything_answers_until_the_policy_says_otherwise(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    assert await found(database, alice, *pair) == ["v1.pdf", "v2.pdf"]

    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)
    assert await found(database, alice, *pair) == ["v2.pdf"]

    await set_policy(database, alice, DuplicatePolicy.KEEP_ALL)
    assert await found(database, alice, *pair) == ["v1.pdf", "v2.pdf"]


async def test_the_older_one_comes_back_when_the_newer_one_is_deleted(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)

    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(newer.document_id)

    assert await found(database, alice, *pair) == ["v1.pdf"]
    async with database.begin(alice, read_only=True) as tx:
        assert await tx.likeness.related(older.document_id) == []


async def test_it_comes_back_when_the_newer_one_cannot_be_found_any_more(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)

    async with database.begin(alice) as tx:
        await tx.documents.fail(pair[1].version_id, "broken")
    assert await found(database, alice, *pair) == ["v1.pdf"]

    async with database.begin(alice) as tx:
        await tx.documents.publish(pair[1].version_id)
    assert await found(database, alice, *pair) == ["v2.pdf"]


async def test_it_comes_back_when_the_newer_one_is_not_alike_any_more(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)

    async with database.begin(alice) as tx:
        await tx.likeness.link(newer.document_id, [])

    assert await found(database, alice, *pair) == ["v1.pdf", "v2.pdf"]
    assert older.document_id != newer.document_id


async def test_a_link_that_does_not_replace_hides_nothing(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)

    async with database.begin(alice) as tx:
        await tx.likeness.link(newer.document_id, [link(newer, older, replaces=False)])

    assert await found(database, alice, *pair) == ["v1.pdf", "v2.pdf"]
    async with database.begin(alice, read_only=True) as tx:
        rows = await tx.likeness.related(older.document_id)
    assert [(row.kind, other.source) for row, other in rows] == [(LinkKind.REVISION, "v2.pdf")]


async def test_a_third_edition_leaves_only_itself(
    database: Database, library: Any, pair: tuple[Any, Any], alice: Principal
) -> None:
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)
    third = await library.store(alice, "v3.pdf", sha256="c" * 64)

    async with database.begin(alice) as tx:
        await tx.likeness.link(third.document_id, [link(third, pair[1])])
    assert await found(database, alice, *pair, third) == ["v3.pdf"]

    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(third.document_id)
    assert await found(database, alice, *pair, third) == ["v2.pdf"]


async def test_a_new_version_has_the_only_signature(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older = pair[0]
    async with database.begin(alice) as tx:
        version = await tx.documents.add_version(
            older.document_id, NewVersion(sha256="d" * 64, bytes=3)
        )
        await tx.documents.publish(version.id)
        await tx.likeness.keep(older.collection_id, older.document_id, version.id, signature(7))
        near = await tx.likeness.candidates(older.collection_id, "new", signature(1, 2))
        assert [row.source for row in near] == ["v2.pdf"]
        near = await tx.likeness.candidates(older.collection_id, "new", signature(7))
        assert [(row.source, row.version) for row in near] == [("v1.pdf", 2)]


async def test_what_is_purged_is_forgotten(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    async with database.begin(alice) as tx:
        await tx.likeness.forget(newer.document_id)
        near = await tx.likeness.candidates(older.collection_id, "new", signature(1))
        assert [row.source for row in near] == ["v1.pdf"]
        assert await tx.likeness.related(older.document_id) == []


async def test_what_a_version_says_of_itself_comes_along(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older = pair[0]
    day = datetime(2024, 7, 1, tzinfo=UTC)
    async with database.begin(alice) as tx:
        stated = ParsedVersion(stated_version="12", stated_date=day)
        await tx.documents.describe(older.version_id, stated)
        [near, _] = await tx.likeness.candidates(older.collection_id, "new", signature(1))
    assert near.stated == Stated(version="12", date=day)


async def test_a_document_that_may_not_be_shown_replaces_nothing(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)

    async with database.begin(alice) as tx:
        made = await tx.licences.exclude(ExclusionKind.SOURCE, "v2.pdf", "asked for")
    assert await found(database, alice, *pair) == ["v1.pdf"]

    async with database.begin(alice) as tx:
        await tx.licences.include(made.id)
    assert await found(database, alice, *pair) == ["v2.pdf"]

    async with database.begin(alice) as tx:
        await tx.documents.attach(older.document_id, is_public=True)
    assert await found(database, alice, *pair) == ["v1.pdf", "v2.pdf"]

    async with database.begin(alice) as tx:
        await tx.documents.attach(newer.document_id, is_public=True)
    assert await found(database, alice, *pair) == ["v2.pdf"]


async def test_a_document_that_comes_back_steps_back_for_nobody(
    database: Database, library: Any, pair: tuple[Any, Any], alice: Principal
) -> None:
    older, newer = pair
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(older.document_id)
        await tx.documents.soft_delete(newer.document_id)
        await tx.likeness.forget(newer.document_id)

    again = await library.store(alice, "v1.pdf")

    assert await found(database, alice, again) == ["v1.pdf"]


async def test_an_older_edition_answers_when_the_newer_ones_licence_has_ended(
    database: Database, pair: tuple[Any, Any], alice: Principal
) -> None:
    await set_policy(database, alice, DuplicatePolicy.KEEP_NEWEST)
    soon = datetime.now(UTC) + timedelta(seconds=2)
    async with database.begin(alice) as tx:
        licence = await tx.licences.put(
            NewLicence(name="short", terms=Terms(uses=frozenset(Use), expires_at=soon))
        )
        await tx.licences.give_document(pair[1].document_id, licence.id, Terms())
        assert await tx.likeness.refresh_ended() == 0
    assert await found(database, alice, *pair) == ["v2.pdf"]
    await asyncio.sleep((soon - datetime.now(UTC)).total_seconds() + 0.1)
    assert await found(database, alice, *pair) == []
    async with database.begin(alice) as tx:
        assert await tx.likeness.refresh_ended() == 1
    assert await found(database, alice, *pair) == ["v1.pdf"]
