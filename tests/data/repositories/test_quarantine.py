"""What is set aside waits for a person, who decides once."""

from typing import Any

import pytest

from data.database import Database
from data.errors import DocumentGoneError
from data.models import DocumentStatus, Review
from data.values import NewVersion
from providers.principal import Principal


async def set_aside(database: Database, principal: Principal, stored: Any, reason: str) -> None:
    async with database.begin(principal) as tx:
        await tx.documents.quarantine(stored.version_id, reason, "why")


async def test_they_are_listed_with_their_reasons(
    database: Database, library: Any, alice: Principal, bob: Principal
) -> None:
    await library.store(alice, "good.pdf")
    for name, reason in (("a.pdf", "corrupt"), ("b.pdf", "garbled")):
        stored = await library.store(alice, name, sha256=name[0] * 64, publish=False)
        await set_aside(database, alice, stored, reason)
    async with database.begin(alice, read_only=True) as tx:
        rows, total = await tx.quarantine.list()
        assert ([document.source for document, _ in rows], total) == (["b.pdf", "a.pdf"], 2)
        rows, total = await tx.quarantine.list(reason="corrupt")
        assert ([version.reason for _, version in rows], total) == (["corrupt"], 1)
        assert (await tx.quarantine.list(collection="elsewhere"))[1] == 0
        assert (await tx.quarantine.list(collection="default", limit=1, offset=1))[1] == 2
    async with database.begin(bob, read_only=True) as tx:
        assert await tx.quarantine.list() == ([], 0)


async def test_a_file_that_was_mended_does_not_wait_any_more(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, publish=False)
    await set_aside(database, alice, stored, "corrupt")

    await library.store(alice, sha256="b" * 64)

    async with database.begin(alice, read_only=True) as tx:
        assert await tx.quarantine.list() == ([], 0)


async def test_a_release_is_remembered_for_these_bytes(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, publish=False)
    await set_aside(database, alice, stored, "garbled")
    async with database.begin(alice) as tx:
        await tx.quarantine.review(stored.document_id, Review.RELEASED)
        again = await tx.documents.add_version(
            stored.document_id, NewVersion(sha256="a" * 64, bytes=3)
        )
        assert (again.review, again.reviewed_by) == (Review.RELEASED, "alice")
        assert again.reviewed_at is not None
        with pytest.raises(DocumentGoneError, match="not in quarantine"):
            await tx.quarantine.review(stored.document_id, Review.DROPPED)


async def test_dropping_deletes_a_document_that_nobody_found(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice, publish=False)
    await set_aside(database, alice, stored, "corrupt")

    async with database.begin(alice) as tx:
        await tx.quarantine.review(stored.document_id, Review.DROPPED)

        assert await tx.documents.get(stored.document_id) is None


async def test_dropping_goes_back_to_the_version_that_search_finds(
    database: Database, library: Any, alice: Principal
) -> None:
    good = await library.store(alice)
    bad = await library.store(alice, sha256="b" * 64, publish=False)
    await set_aside(database, alice, bad, "corrupt")

    async with database.begin(alice) as tx:
        await tx.quarantine.review(bad.document_id, Review.DROPPED)
        row = await tx.documents.get(good.document_id)
        assert row is not None
        assert (row.status, row.version, row.reason) == (DocumentStatus.INDEXED, 1, None)
        assert [c.text for c in await tx.chunks.live(good.chunk_ids)] == ["first", "second"]
        again = await tx.documents.add_version(
            good.document_id, NewVersion(sha256="b" * 64, bytes=3)
        )
        assert (again.number, again.review) == (2, None)
