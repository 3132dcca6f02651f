import asyncio
from typing import Any

import pytest

from data.database import Database
from data.errors import DocumentGoneError
from data.models import DocumentStatus, VersionStatus
from data.values import NewVersion, ParsedVersion, document_id
from providers.principal import Principal
from service import schemas


def test_statuses_are_the_services_words() -> None:
    assert {*DocumentStatus} == {*schemas.DocumentStatus}


def test_ids_depend_on_tenant_collection_and_source_alone() -> None:
    assert document_id("t", "c", "s") == document_id("t", "c", "s")
    ids = {document_id(*parts) for parts in [("t", "c", "s"), ("tc", "", "s"), ("t", "cs", "")]}
    assert len(ids) == 3


async def test_a_published_document_has_the_fields_of_its_version(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, publish=False)
    async with database.begin(alice) as tx:
        parsed = ParsedVersion(title="Manual", language="de", page_count=7, text_key="t/1")
        await tx.documents.describe(stored.version_id, parsed)
        await tx.documents.publish(stored.version_id)
    async with database.begin(alice) as tx:
        document = await tx.documents.get(stored.document_id)
    assert document is not None
    assert document.id == document_id("acme", stored.collection_id, "manual.pdf")
    assert document.collection.name == "default"
    assert (document.status, document.version, document.current_version) == ("indexed", 1, 1)
    assert (document.title, document.language, document.page_count) == ("Manual", "de", 7)
    assert (document.chunk_count, document.bytes, document.sha256) == (2, 3, "a" * 64)
    assert document.media_type == "application/pdf"
    assert document.created_at.tzinfo is not None


async def test_the_same_bytes_are_unchanged_and_stay_published(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        again = await tx.documents.add_version(
            stored.document_id, NewVersion(sha256="a" * 64, bytes=3)
        )
        document = await tx.documents.get(stored.document_id)
    assert (again.id, again.status) == (stored.version_id, VersionStatus.PUBLISHED)
    assert document is not None
    assert document.status is DocumentStatus.INDEXED


async def test_a_new_version_supersedes_and_an_old_one_can_come_back(
    database: Database, library: Any, alice: Principal
) -> None:
    first = await library.store(alice)
    second = await library.store(alice, sha256="b" * 64, texts=["third"])
    async with database.begin(alice) as tx:
        states = [(v.number, v.status) for v in await tx.documents.versions(first.document_id)]
        assert states == [(2, "published"), (1, "superseded")]
        assert (await tx.documents.version_number(first.document_id, 1)) is not None
    back = await library.store(alice)
    assert back.version_id == first.version_id
    async with database.begin(alice) as tx:
        published = await tx.documents.published(first.document_id)
        assert published is not None
        assert published.id == first.version_id
        document = await tx.documents.get(first.document_id)
        assert document is not None
        assert (document.version, document.current_version) == (1, 1)
        assert await tx.chunks.live(second.chunk_ids) == []


async def test_late_work_never_replaces_newer_content(
    database: Database, library: Any, alice: Principal
) -> None:
    slow = await library.store(alice, publish=False)
    fast = await library.store(alice, sha256="b" * 64)
    async with database.begin(alice) as tx:
        late = await tx.documents.publish(slow.version_id)
        assert late.status is VersionStatus.SUPERSEDED
        published = await tx.documents.published(slow.document_id)
        assert published is not None
        assert published.id == fast.version_id


async def test_a_quarantined_version_leaves_the_earlier_one_findable(
    database: Database, library: Any, alice: Principal
) -> None:
    good = await library.store(alice)
    bad = await library.store(alice, sha256="b" * 64, publish=False)
    async with database.begin(alice) as tx:
        await tx.documents.quarantine(bad.version_id, "corrupt", "The file is cut off.")
        document = await tx.documents.get(good.document_id)
        assert document is not None
        assert (document.status, document.reason) == ("quarantined", "corrupt")
        assert document.message == "The file is cut off."
        assert (document.version, document.current_version) == (2, 1)
        assert len(await tx.chunks.live(good.chunk_ids)) == 2
        await tx.documents.fail(bad.version_id, "The store was away.")
        document = await tx.documents.get(good.document_id)
        assert document is not None
        assert (document.status, document.reason) == ("failed", None)


async def test_deleted_is_never_found_and_comes_back_as_a_new_version(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        assert await tx.documents.soft_delete(stored.document_id)
        assert not await tx.documents.soft_delete(stored.document_id)
    async with database.begin(alice) as tx:
        assert await tx.documents.get(stored.document_id) is None
        assert await tx.documents.by_sha256(stored.collection_id, "a" * 64) is None
        assert await tx.documents.list() == ([], 0)
        assert await tx.chunks.live(stored.chunk_ids) == []
        assert await tx.chunks.of_document(stored.document_id) == []
        assert sorted(await tx.chunks.ids_of_document(stored.document_id)) == sorted(
            stored.chunk_ids
        )
        with pytest.raises(DocumentGoneError):
            await tx.documents.publish(stored.version_id)

    again = await library.store(alice)

    assert again.document_id == stored.document_id
    assert again.version_id != stored.version_id
    async with database.begin(alice) as tx:
        document = await tx.documents.get(stored.document_id)
        assert document is not None
        assert (document.version, document.current_version) == (2, 2)
        assert [found.version for found in await tx.chunks.live(stored.chunk_ids)] == [2, 2]


async def test_work_on_a_deleted_document_cannot_be_published(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, publish=False)
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(stored.document_id)
    with pytest.raises(DocumentGoneError):
        async with database.begin(alice) as tx:
            await tx.documents.publish(stored.version_id)


async def test_list_filters_counts_and_pages(
    database: Database, library: Any, alice: Principal
) -> None:
    for number in range(3):
        await library.store(alice, f"{number}.pdf", sha256=f"{number:064}")
    async with database.begin(alice) as tx:
        other = await tx.collections.ensure("other")
        await tx.documents.ensure(other.id, "3.pdf")
    async with database.begin(alice, read_only=True) as tx:
        rows, total = await tx.documents.list("default", "indexed", limit=2, offset=0)
        assert ([row.source for row in rows], total) == (["2.pdf", "1.pdf"], 3)
        rows, _ = await tx.documents.list("default", limit=2, offset=2)
        assert [row.source for row in rows] == ["0.pdf"]
        rows, total = await tx.documents.list(status="pending")
        assert ([row.collection.name for row in rows], total) == (["other"], 1)
        assert (await tx.documents.list("none"))[1] == 0
        duplicate = await tx.documents.by_sha256(rows[0].collection_id, f"{0:064}")
        assert duplicate is None


async def test_an_error_rolls_everything_back(database: Database, alice: Principal) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.begin(alice) as tx:
            await tx.collections.ensure("default")
            raise ZeroDivisionError
    async with database.begin(alice) as tx:
        assert await tx.collections.list() == []


async def test_concurrent_uploads_make_one_document_with_one_version_each(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await asyncio.gather(
        *(library.store(alice, sha256=f"{number:064}") for number in range(8))
    )
    assert len({one.document_id for one in stored}) == 1
    async with database.begin(alice) as tx:
        versions = await tx.documents.versions(stored[0].document_id)
        assert [version.number for version in versions] == [8, 7, 6, 5, 4, 3, 2, 1]
        published = [v for v in versions if v.status is VersionStatus.PUBLISHED]
        document = await tx.documents.get(stored[0].document_id)
        assert document is not None
        assert [version.number for version in published] == [document.current_version]


async def test_two_publishers_leave_exactly_one_version_published(
    database: Database, library: Any, alice: Principal
) -> None:
    versions = [
        await library.store(alice, sha256=f"{number:064}", publish=False) for number in range(6)
    ]

    async def publish(version_id: str) -> None:
        async with database.begin(alice) as tx:
            await tx.documents.publish(version_id)

    await asyncio.gather(*(publish(version.version_id) for version in versions))
    async with database.begin(alice) as tx:
        states = [v.status for v in await tx.documents.versions(versions[0].document_id)]
    assert states.count(VersionStatus.PUBLISHED) == 1
    assert states[0] is VersionStatus.PUBLISHED  # the one that arrived last
