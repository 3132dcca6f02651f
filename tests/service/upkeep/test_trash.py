import asyncio
from typing import Any

import pytest

from providers.principal import Principal, Role
from service.errors import DocumentNotDeletedError, DocumentNotFoundError, ForbiddenError

BOTH = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)],
    indirect=True,
)
KETTLE = "# Kettle\n\nDescale the kettle with citric acid every sixty days.\n"
OVEN = "# Oven\n\nWipe the oven door with warm soapy water.\n"


async def test_a_deleted_document_is_found_again_after_its_return(bench: Any) -> None:
    kettle = await bench.ingest("kettle.md", KETTLE)
    await bench.ingest("oven.md", OVEN)
    library, trash = bench.container.library, bench.container.upkeep.trash
    before = await bench.vectors()

    await library.delete(bench.principal, kettle["document_id"])
    assert await bench.find("descale the kettle") == ["oven.md"]
    assert len(await bench.vectors()) == len(before) - kettle["chunks"]
    (listed,) = (await trash.deleted(bench.principal)).documents
    assert (listed.document_id, listed.source) == (kettle["document_id"], "kettle.md")
    assert (listed.purge_after - listed.deleted_at).days == 30

    await trash.restore(bench.principal, kettle["document_id"])
    assert (await bench.find("descale the kettle"))[0] == "kettle.md"
    assert await bench.vectors() == before
    assert (await trash.deleted(bench.principal)).total == 0
    with pytest.raises(DocumentNotDeletedError):
        await trash.restore(bench.principal, kettle["document_id"])


async def test_vectors_are_made_again_without_what_was_derived(bench: Any) -> None:
    table = "# Limits\n\n| Name | Value |\n|---|---|\n" + "\n".join(
        f"| pressure {number} | {number} bar |" for number in range(200)
    )
    document = await bench.ingest("limits.md", table)
    before, store = await bench.vectors(), bench.container.providers.object_store
    await bench.container.library.delete(bench.principal, document["document_id"])
    for key in [*await bench.objects("derived"), *await bench.objects("processed")]:
        await store.delete(key)

    await bench.container.upkeep.trash.restore(bench.principal, document["document_id"])

    assert await bench.vectors() == before
    assert await bench.find("pressure 199 bar") == ["limits.md"]


async def test_a_purged_document_is_gone_for_good(bench: Any) -> None:
    kettle = await bench.ingest("kettle.md", KETTLE)
    same = await bench.ingest("kettle.md", KETTLE, "other")
    library, trash = bench.container.library, bench.container.upkeep.trash
    with pytest.raises(DocumentNotDeletedError):
        await trash.purge(bench.principal, kettle["document_id"])
    await library.delete(bench.principal, kettle["document_id"])

    await trash.purge(bench.principal, kettle["document_id"])

    with pytest.raises(DocumentNotFoundError):
        await trash.restore(bench.principal, kettle["document_id"])
    # The other collection has the same bytes: they are kept once, and stay.
    assert len(await bench.objects("raw")) == 1
    assert not [key for key in await bench.objects("derived") if kettle["document_id"] in key]
    await library.delete(bench.principal, same["document_id"])
    await trash.purge(bench.principal, same["document_id"])
    assert await bench.objects() == []
    again = await bench.ingest("kettle.md", KETTLE)
    assert (again["status"], again["version"]) == ("indexed", 1)


async def test_the_clock_purges_what_is_due(open_bench: Any) -> None:
    async with open_bench(documents={"retention_days": 0}) as bench:
        kettle, oven = await bench.ingest("kettle.md", KETTLE), await bench.ingest("o.md", OVEN)
        await bench.container.library.delete(bench.principal, kettle["document_id"])
        report = await bench.container.upkeep.trash.purge_due()
        assert (report.purged, report.failed) == (1, 0)
        assert await bench.find("oven door") == ["o.md"]
        assert len(await bench.objects("raw")) == 1
        assert oven["document_id"]


async def test_roles_are_asked_for(bench: Any) -> None:
    kettle = await bench.ingest("kettle.md", KETTLE)
    trash = bench.container.upkeep.trash
    reader = Principal(tenant_id="default", subject="r", roles=frozenset({Role.READER}))
    editor = Principal(tenant_id="default", subject="e", roles=frozenset({Role.EDITOR}))
    for call in (trash.put, trash.restore, trash.purge):
        with pytest.raises(ForbiddenError):
            await call(reader, kettle["document_id"])
    with pytest.raises(ForbiddenError):
        await trash.purge(editor, kettle["document_id"])
    stranger = Principal(tenant_id="other", subject="s", roles=frozenset({Role.ADMIN}))
    for call in (trash.put, trash.restore, trash.purge):
        with pytest.raises(DocumentNotFoundError):
            await call(stranger, kettle["document_id"])


@BOTH
async def test_what_was_begun_before_a_delete_does_not_come_back(open_bench: Any) -> None:
    async with open_bench(jobs={"parallel": 1}) as bench:
        kettle = await bench.ingest("kettle.md", KETTLE)
        library = bench.container.library
        # The queue runs one job after the other: the second waits behind a longer one.
        await bench.submit("long.md", "# Long\n\n" + "\n\n".join(f"Part {n}." for n in range(800)))
        late = await bench.submit("kettle.md", KETTLE.replace("sixty", "ninety"))
        await library.delete(bench.principal, kettle["document_id"])

        job = await bench.ended(late.job_id)
        (outcome,) = job.result["documents"]
        assert outcome["status"] == "failed"
        assert "deleted meanwhile" in outcome["message"]
        assert await bench.find("descale the kettle") == ["long.md"]

        revived = await bench.ingest("kettle.md", KETTLE)
        assert revived["status"] == "indexed"
        assert (await bench.find("descale the kettle"))[0] == "kettle.md"


@BOTH
@pytest.mark.timeout(120)
async def test_deletes_hold_while_the_same_document_comes_and_goes(open_bench: Any) -> None:
    """Whatever the order of deletes, returns and ingestions, search shows all of it or none."""
    async with open_bench(jobs={"concurrency": 4}) as bench:
        library, trash = bench.container.library, bench.container.upkeep.trash
        first = await bench.ingest("kettle.md", KETTLE)
        await bench.ingest("oven.md", OVEN)
        document_id = first["document_id"]
        shown_after_delete = 0

        async def delete_and_look() -> None:
            nonlocal shown_after_delete
            for _ in range(10):
                async with asyncio.TaskGroup() as tasks:  # one delete, nothing else begun since
                    tasks.create_task(_quietly(library.delete(bench.principal, document_id)))
                if await _is_deleted(bench, document_id):
                    found = await bench.find("descale the kettle")
                    if "kettle.md" in found and await _is_deleted(bench, document_id):
                        shown_after_delete += 1
                await asyncio.sleep(0.01)

        async def bring_back() -> None:
            for number in range(10):
                await _quietly(trash.restore(bench.principal, document_id))
                if number % 2:
                    await bench.ingest("kettle.md", KETTLE)

        await asyncio.gather(delete_and_look(), bring_back())
        assert shown_after_delete == 0
        final = await bench.ingest("kettle.md", KETTLE)
        assert final["status"] in ("indexed", "unchanged")
        assert (await bench.find("descale the kettle"))[0] == "kettle.md"
        async with bench.container.database.begin(bench.principal, read_only=True) as tx:
            ids = {row.id for row in await tx.chunks.of_document(document_id)}
        assert ids and ids <= await bench.vectors()


async def _quietly(call: Any) -> None:
    try:
        await call
    except (DocumentNotFoundError, DocumentNotDeletedError):
        return


async def _is_deleted(bench: Any, document_id: str) -> bool:
    async with bench.container.database.begin(bench.principal, read_only=True) as tx:
        return await tx.documents.get(document_id) is None
