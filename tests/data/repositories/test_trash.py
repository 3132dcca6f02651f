import asyncio
from datetime import timedelta
from typing import Any

import pytest

from data.columns import now
from data.database import Database
from data.errors import DocumentGoneError
from data.models import ArtifactKind, DocumentStatus, StorageClass
from data.values import NewArtifact, NewVersion
from providers.principal import Principal

WEEK = timedelta(days=7)


def raw(key: str, version_id: str | None = None) -> NewArtifact:
    return NewArtifact(
        object_key=key, kind=ArtifactKind.RAW, sha256="a" * 64, bytes=3, version_id=version_id
    )


async def test_a_restored_document_is_as_it_was(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    await library.store(alice, sha256="b" * 64, texts=["third"])
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(stored.document_id, WEEK)
    async with database.begin(alice) as tx:
        (deleted,), total = await tx.trash.list()
        assert (deleted.id, total) == (stored.document_id, 1)
        assert deleted.purge_after is not None and deleted.deleted_at is not None
        assert deleted.purge_after - deleted.deleted_at == WEEK
        published = await tx.trash.published(deleted)
        assert published is not None
        assert [row.text for row in await tx.trash.chunks(published)] == ["third"]
        assert await tx.trash.restore(stored.document_id) is not None
    async with database.begin(alice) as tx:
        document = await tx.documents.get(stored.document_id)
        assert document is not None
        assert (document.status, document.current_version, document.purge_after) == (
            DocumentStatus.INDEXED,
            2,
            None,
        )
        states = [(v.number, v.status) for v in await tx.documents.versions(stored.document_id)]
        assert states == [(2, "published"), (1, "superseded")]
        assert [row.text for row in await tx.chunks.of_document(stored.document_id)] == ["third"]
        assert await tx.trash.list() == ([], 0)
        assert await tx.trash.restore(stored.document_id) is None


async def test_only_what_the_last_delete_took_comes_back(
    database: Database, library: Any, alice: Principal
) -> None:
    first = await library.store(alice)
    for sha in ("a", "b"):
        async with database.begin(alice) as tx:
            await tx.documents.soft_delete(first.document_id)
        if sha == "a":
            second = await library.store(alice, sha256="b" * 64, texts=["third"])
    async with database.begin(alice) as tx:
        await tx.trash.restore(first.document_id)
        versions = await tx.documents.versions(first.document_id)
    assert [(v.id, v.status) for v in versions] == [(second.version_id, "published")]


async def test_a_document_deleted_meanwhile_is_not_revived(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    before = now()
    async with database.begin(alice) as tx:
        await tx.documents.soft_delete(stored.document_id, WEEK)
    with pytest.raises(DocumentGoneError, match="deleted meanwhile"):
        async with database.begin(alice) as tx:
            await tx.documents.ensure(stored.collection_id, "manual.pdf", began_at=before)
    async with database.begin(alice) as tx:
        revived = await tx.documents.ensure(stored.collection_id, "manual.pdf", began_at=now())
        assert (revived.deleted_at, revived.current_version, revived.purge_after) == (None,) * 3


async def test_a_purge_leaves_nothing_but_what_others_share(
    database: Database, library: Any, alice: Principal
) -> None:
    stored, other = await library.store(alice), await library.store(alice, "other.pdf")
    async with database.begin(alice) as tx:
        for document, own in ((stored, "raw/acme/own"), (other, "raw/acme/other")):
            for number, key in enumerate((own, "raw/acme/shared")):
                version = await tx.documents.add_version(
                    document.document_id,
                    NewVersion(sha256=f"{number}" * 64, bytes=1, object_key=key),
                )
                await tx.artifacts.record(raw(key, version.id))
        await tx.documents.soft_delete(stored.document_id)
    async with database.begin(alice) as tx:
        assert await tx.trash.due(WEEK, limit=10) == [stored.document_id]
        keys = await tx.trash.doom(stored.document_id)
        assert keys == ["raw/acme/own"]
        await tx.trash.purge(stored.document_id, keys)
    async with database.begin(alice) as tx:
        assert await tx.trash.get(stored.document_id) is None
        assert await tx.chunks.ids_of_document(stored.document_id) == []
        assert [row.object_key for row in await tx.artifacts.list()] == [
            "raw/acme/other",
            "raw/acme/shared",
        ]
        assert (await tx.documents.get(other.document_id)) is not None
        anew = await tx.documents.ensure(stored.collection_id, "manual.pdf")
        version = await tx.documents.add_version(anew.id, NewVersion(sha256="c" * 64, bytes=1))
    assert version.number == 1


async def test_only_deleted_documents_are_purged(
    database: Database, library: Any, alice: Principal
) -> None:
    stored = await library.store(alice)
    async with database.begin(alice) as tx:
        assert await tx.trash.doom(stored.document_id) is None
        await tx.documents.soft_delete(stored.document_id, WEEK)
        assert await tx.trash.due(WEEK, limit=10) == []
        assert await tx.trash.doom(stored.document_id, before=now() - WEEK) is None


async def test_an_object_is_recorded_once_and_again_after_its_purge(
    database: Database, alice: Principal
) -> None:
    async def record() -> None:
        async with database.begin(alice) as tx:
            await tx.artifacts.record(raw("raw/acme/a"))

    await asyncio.gather(*(record() for _ in range(5)))
    async with database.begin(alice) as tx:
        assert await tx.artifacts.hot_before(ArtifactKind.RAW, now(), 10) == ["raw/acme/a"]
        await tx.artifacts.set_class("raw/acme/a", StorageClass.PURGED)
        assert await tx.artifacts.hot_before(ArtifactKind.RAW, now(), 10) == []
    await record()
    async with database.begin(alice) as tx:
        row = await tx.artifacts.get("raw/acme/a")
    assert row is not None
    assert row.storage_class is StorageClass.HOT
