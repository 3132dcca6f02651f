import hashlib
import json
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from data.columns import now
from data.models import StorageClass
from data.values import NewVersion
from providers.types import IndexPoint, IndexSpec, SparseVector
from service.upkeep.shapes import ReconcileReport, ReconcileRequest

KETTLE = "# Kettle\n\nDescale the kettle with citric acid every sixty days.\n"
OVEN = "# Oven\n\nWipe the oven door with warm soapy water.\n"
ORPHAN = "00000000-0000-5000-8000-00000000000a"


def point(id: str, document_id: str) -> IndexPoint:
    dense = np.zeros(256, dtype=np.float32)
    dense[0] = 1
    terms = SparseVector(np.arange(1, dtype=np.uint32), np.ones(1, dtype=np.float32))
    return IndexPoint(id=id, document_id=document_id, dense=dense, sparse=terms)


async def reconcile(bench: Any, **wanted: Any) -> ReconcileReport:
    job = await bench.container.upkeep.reconcile(bench.principal, ReconcileRequest(**wanted))
    ended = await bench.ended(job.job_id)
    assert ended.status.value == "succeeded", ended.message
    return ReconcileReport.model_validate(ended.result)


@pytest.fixture
def young() -> dict[str, Any]:
    """Settings that leave nothing alone for being young."""
    return {"storage": {"grace_minutes": 0}}


async def test_stores_that_agree_are_clean(open_bench: Any, young: Any) -> None:
    async with open_bench(**young) as bench:
        await bench.ingest("kettle.md", KETTLE)
        oven = await bench.ingest("oven.md", OVEN)
        await bench.ingest("oven.md", OVEN.replace("warm", "cold"))
        await bench.container.library.delete(bench.principal, oven["document_id"])
        report = await reconcile(bench)
    assert report.clean, report
    (index,) = report.indexes
    assert (index.vectors, index.chunks, index.orphans, index.missing) == (1, 1, 0, 0)
    assert report.objects.objects == report.objects.rows


async def test_vectors_that_differ_are_found_and_mended(open_bench: Any, young: Any) -> None:
    async with open_bench(**young) as bench:
        kettle, _ = await bench.ingest("kettle.md", KETTLE), await bench.ingest("oven.md", OVEN)
        store, index = bench.container.providers.vector_store, await bench.live_index()
        before = await bench.vectors()
        await store.delete_document(index, "default", kettle["document_id"])
        stranger = point(ORPHAN, "00000000-0000-5000-8000-00000000000d")
        await store.upsert(index, "default", [stranger])
        left_over = f"{index.partition('-')[0]}-left"
        for name in (left_over, "c0-of-another-service"):
            await store.ensure(name, IndexSpec(dimensions=4))
        assert "kettle.md" not in await bench.find("descale the kettle")

        looked = await reconcile(bench)
        assert not looked.clean
        (found,) = looked.indexes
        assert (found.orphans, found.missing, found.removed, found.made_again) == (1, 1, 0, 0)
        assert looked.unreferenced == [left_over]
        assert any(ORPHAN in example for example in found.examples)
        assert ORPHAN in await bench.vectors()

        mended = await reconcile(bench, repair=True)
        assert (mended.indexes[0].removed, mended.indexes[0].made_again) == (1, 1)
        assert await bench.vectors() == before
        assert (await bench.find("descale the kettle"))[0] == "kettle.md"
        assert await store.indexes() == ["c0-of-another-service", index]
        assert (await reconcile(bench)).clean


async def test_work_that_goes_on_is_left_alone(open_bench: Any) -> None:
    async with open_bench() as bench:
        await bench.ingest("kettle.md", KETTLE)
        store, index = bench.container.providers.vector_store, await bench.live_index()
        async with bench.container.database.begin(bench.principal) as tx:
            collection = await tx.collections.get("default")
            document = await tx.documents.ensure(collection.id, "late.md")
            await tx.documents.add_version(document.id, NewVersion(sha256="b" * 64, bytes=1))
        await store.upsert(index, "default", [point(ORPHAN, document.id)])
        objects = bench.container.providers.object_store
        await objects.put("derived/default/young", b"x", metadata={})

        report = await reconcile(bench, repair=True)

        assert (report.indexes[0].in_work, report.indexes[0].removed) == (1, 0)
        assert ORPHAN in await bench.vectors()
        assert await objects.get("derived/default/young") == b"x"


async def test_objects_that_differ_are_found_and_mended(open_bench: Any, young: Any) -> None:
    async with open_bench(**young) as bench:
        await bench.ingest("kettle.md", KETTLE)
        await bench.ingest("kettle.md", KETTLE.replace("sixty", "ninety"))
        objects = bench.container.providers.object_store
        await objects.put("derived/default/stray", b"x", metadata={})
        await objects.put("processed/default/stray", b"x", metadata={})
        await objects.put("raw/default/stray", b"x", metadata={})
        await objects.put("raw/other/not-ours", b"x", metadata={})
        (text, *_) = [key for key in await bench.objects("processed") if key.endswith(".txt")]
        await objects.delete(text)
        async with bench.container.database.begin(bench.principal) as tx:
            assert (await tx.artifacts.get(text)) is not None

        looked = await reconcile(bench)
        assert (looked.objects.unknown, looked.objects.gone, looked.objects.lost) == (3, 1, 0)
        assert looked.objects.left_over == 2  # derived from the version before
        await reconcile(bench, repair=True)

        after = await reconcile(bench)
        assert after.clean, after
        assert not [key for key in await bench.objects() if key.endswith("stray")]
        assert await objects.get("raw/other/not-ours") == b"x"
        async with bench.container.database.begin(bench.principal) as tx:
            row = await tx.artifacts.get(text)
        assert row is not None and row.storage_class is StorageClass.PURGED


async def test_objects_of_an_earlier_release_are_accounted_for(open_bench: Any, young: Any) -> None:
    async with open_bench(**young) as bench:
        await bench.ingest("kettle.md", KETTLE)
        before = await bench.objects()
        engine = create_engine(f"sqlite:///{bench.folder}/home/cicerone.db")
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM file_artifacts"))
        engine.dispose()
        assert (await reconcile(bench)).objects.unknown == len(before)

        report = await reconcile(bench, repair=True)

        assert report.objects.adopted == 3  # the original, its text and the text's structure
        assert (await reconcile(bench)).clean
        assert await bench.objects("raw") and len(await bench.objects("processed")) == 2
        async with bench.container.database.begin(bench.principal) as tx:
            for row in await tx.artifacts.list():
                data = await bench.container.providers.object_store.get(row.object_key)
                assert row.sha256 == hashlib.sha256(data).hexdigest()


async def test_an_original_that_is_lost_is_said_so(open_bench: Any, young: Any) -> None:
    async with open_bench(**young) as bench:
        await bench.ingest("kettle.md", KETTLE)
        (key,) = await bench.objects("raw")
        await bench.container.providers.object_store.delete(key)
        report = await reconcile(bench, repair=True)
    assert (report.clean, report.objects.lost) == (False, 1)
    assert key in report.objects.examples


async def test_the_clock_mends_and_keeps_a_report(open_bench: Any, young: Any) -> None:
    async with open_bench(**young) as bench:
        await bench.ingest("kettle.md", KETTLE)
        objects = bench.container.providers.object_store
        await objects.put("derived/default/stray", b"x", metadata={})
        scheduler = bench.container.scheduler
        await bench.container.workers.schedule(scheduler, bench.container.settings.schedules)
        assert await scheduler.run("reconcile")
        (key,) = await bench.objects("logs/default/reconcile")
        report = json.loads(await objects.get(key))
    assert report["objects"]["unknown"] == 1


async def test_originals_get_cold_and_what_was_derived_goes(open_bench: Any) -> None:
    async with open_bench() as bench:
        await bench.ingest("kettle.md", KETTLE)
        raw, derived = await bench.objects("raw"), await bench.objects("derived")
        lifecycle = bench.container.workers.lifecycle
        assert (await lifecycle.run(bench.principal)).cooled == 0
        await _age(bench, timedelta(days=31))

        report = await lifecycle.run(bench.principal)

        assert (report.cooled, report.derived_removed, report.failed) == (1, len(derived), 0)
        assert (bench.folder / "home/object_store/objects/cold" / raw[0]).is_file()
        assert await bench.objects("derived") == []
        content = await bench.container.library.content(bench.principal, await _only(bench))
        assert await content.read(0, content.size) == KETTLE.encode()
        again = await lifecycle.run(bench.principal)
        assert (again.cooled, again.derived_removed) == (0, 0)
        assert (await reconcile(bench)).clean


async def _only(bench: Any) -> str:
    (document,) = (await bench.container.library.documents(bench.principal)).documents
    found: str = document.document_id
    return found


async def _age(bench: Any, by: timedelta) -> None:
    """Let the rows of all objects be older."""
    engine = create_engine(f"sqlite:///{bench.folder}/home/cicerone.db")
    with engine.begin() as connection:
        moment = (now() - by).strftime("%Y-%m-%d %H:%M:%S.%f")
        connection.execute(text("UPDATE file_artifacts SET created_at = :at"), {"at": moment})
    engine.dispose()
