import asyncio
from datetime import timedelta
from typing import Any

import pytest

from data.columns import now
from service.upkeep.shapes import GoldenQuestion, ReindexRequest

BIGGER = {"embedder": {"plugin": "hashing", "options": {"dimensions": 512}}}
SMALLER_CHUNKS = {"ingest": {"chunk": {"max_tokens": 32}}}
TOPICS = ("kettle", "oven", "boiler", "grinder", "freezer", "dryer")
BOTH = pytest.mark.parametrize(
    "database_url",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)],
    indirect=True,
)


def manual(topic: str) -> str:
    parts = [
        f"## Part {number}\n\nThe {topic} has a lamp {number} which shows state {number}. "
        f"Press the {topic} button {number} for {number + 2} seconds to clear it. "
        f"If the lamp {number} stays on, switch the {topic} off and wait {number} minutes."
        for number in range(8)
    ]
    return f"# {topic.title()}\n\n" + "\n\n".join(parts)


async def fill(bench: Any) -> None:
    await bench.fill({f"{topic}.md": manual(topic) for topic in TOPICS})


async def reindex(bench: Any, **wanted: Any) -> Any:
    request = ReindexRequest(**wanted)
    job = await bench.container.upkeep.indexes.reindex(bench.principal, "default", request)
    return await bench.ended(job.job_id)


async def finds_all(bench: Any) -> bool:
    found = [await bench.find(f"{topic} lamp", k=3) for topic in TOPICS]
    return [sources[0] for sources in found] == [f"{topic}.md" for topic in TOPICS]


@BOTH
async def test_another_embedder_is_switched_to_and_back(open_bench: Any) -> None:
    async with open_bench() as bench:
        await fill(bench)
        old, vectors = await bench.live_index(), await bench.vectors()
    async with open_bench(**BIGGER) as bench:
        assert await finds_all(bench)  # with the encoders of the old index
        assert await bench.live_index() == old

        job = await reindex(bench)
        assert job.status.value == "succeeded", job.message
        new = await bench.live_index()
        assert new != old
        assert await bench.vectors(new) == vectors
        assert job.result["checks"]["failed"] == []
        assert job.result["checks"]["found"] == 1.0
        assert await finds_all(bench)
        rows = await bench.container.upkeep.indexes.list(bench.principal)
        states = {row.name: row.state for row in rows}
        assert states == {old: "retired", new: "live"}
        assert {row.vectors for row in rows} == {len(vectors)}
        again = await reindex(bench)
        assert again.result["changed"] is False

        back = await reindex(bench, rollback=True)
        assert back.status.value == "succeeded", back.message
        assert await bench.live_index() == old
        assert await finds_all(bench)
        # What is ingested after the return is in the old index alone, and found.
        outcome = await bench.ingest("toaster.md", manual("toaster"))
        assert outcome["status"] == "indexed"
        assert await bench.live_index() == old
        assert (await bench.find("toaster lamp"))[0] == "toaster.md"


async def test_nothing_earlier_cannot_come_back(open_bench: Any) -> None:
    async with open_bench() as bench:
        await bench.ingest("kettle.md", manual("kettle"))
        job = await reindex(bench, rollback=True)
        assert job.status.value == "failed"
        assert "no earlier index" in job.message


@BOTH
@pytest.mark.timeout(180)
async def test_nothing_is_missing_after_a_switch_under_ingestion_and_search(
    open_bench: Any,
) -> None:
    async with open_bench() as bench:
        await fill(bench)
        old = await bench.live_index()
    async with open_bench(**BIGGER, jobs={"concurrency": 2}) as bench:
        done = asyncio.Event()
        lost: list[str] = []

        async def search() -> None:
            while not done.is_set():
                for topic in TOPICS:
                    if (await bench.find(f"{topic} lamp", k=3))[:1] != [f"{topic}.md"]:
                        lost.append(topic)

        async def ingest_beside() -> None:
            """Ingest while the job builds: the graph itself, since jobs queue up."""
            for number in range(12):
                await bench.beside(f"late-{number}.md", manual(f"late{number}"))

        searching = asyncio.create_task(search())
        job, _ = await asyncio.gather(reindex(bench), ingest_beside())
        done.set()
        await searching
        assert job.status.value == "succeeded", job.message
        new = await bench.live_index()
        assert new != old
        assert lost == []
        async with bench.container.database.begin(bench.principal, read_only=True) as tx:
            collection = await tx.collections.get("default")
            sets = await tx.chunk_sets.all(collection.id)
        assert len(sets) == len(TOPICS) + 12
        assert {id for each in sets for id in each.ids} == await bench.vectors(new)
        for number in range(12):
            assert (await bench.find(f"late{number} lamp", k=3))[0] == f"late-{number}.md"


async def test_another_chunker_stands_beside_the_old_one_until_the_switch(
    open_bench: Any,
) -> None:
    async with open_bench() as bench:
        await fill(bench)
        old, before = await bench.live_index(), await bench.vectors()
    async with open_bench(**SMALLER_CHUNKS) as bench:
        job = await reindex(bench)
        assert job.status.value == "succeeded", job.message
        new = await bench.live_index()
        after = await bench.vectors(new)
        assert new != old
        assert len(after) > len(before)
        assert not after & before
        assert await finds_all(bench)
        page = await bench.container.library.documents(bench.principal)
        assert sum(document.chunks for document in page.documents) == len(after)

        late = await bench.ingest("late.md", manual("late"))
        back = await reindex(bench, rollback=True)
        assert back.status.value == "succeeded", back.message
        assert await bench.live_index() == old
        assert len(await bench.vectors(old)) == len(before) + late["chunks"]
        assert await finds_all(bench)
        assert (await bench.find("late lamp"))[0] == "late.md"
        page = await bench.container.library.documents(bench.principal)
        assert sum(document.chunks for document in page.documents) == len(before) + late["chunks"]


async def test_ingesting_again_switches_without_a_gap(open_bench: Any) -> None:
    async with open_bench() as bench:
        await fill(bench)
        old = await bench.live_index()
    async with open_bench(**BIGGER) as bench:
        for topic in TOPICS[:-1]:
            outcome = await bench.ingest(f"{topic}.md", manual(topic))
            assert outcome["status"] == "indexed"
            assert await bench.live_index() == old
            assert await finds_all(bench)
        again = await bench.ingest(f"{TOPICS[0]}.md", manual(TOPICS[0]))
        assert again["status"] == "unchanged"
        await bench.ingest(f"{TOPICS[-1]}.md", manual(TOPICS[-1]))
        assert await bench.live_index() != old
        assert await finds_all(bench)


async def test_a_worse_index_does_not_go_live(open_bench: Any) -> None:
    async with open_bench() as bench:
        await fill(bench)
        old = await bench.live_index()
    tiny = {"embedder": {"plugin": "hashing", "options": {"dimensions": 16}}}
    async with open_bench(**tiny, sparse_encoder={"plugin": "bm25", "enabled": False}) as bench:
        golden = [
            GoldenQuestion(question=f"{topic} lamp", sources=[f"{topic}.md"]) for topic in TOPICS
        ]
        job = await reindex(bench, golden=golden)
        assert job.status.value == "failed"
        assert "find themselves" in job.message or "nDCG@10" in job.message
        assert await bench.live_index() == old
        (failed,) = [
            row
            for row in await bench.container.upkeep.indexes.list(bench.principal)
            if row.state == "failed"
        ]
        assert failed.checks["golden_live"] > failed.checks["golden_new"]


async def test_a_retired_index_is_dropped_after_its_time(open_bench: Any) -> None:
    async with open_bench() as bench:
        await fill(bench)
        old = await bench.live_index()
    settings = {**SMALLER_CHUNKS, "indexes": {"keep_days": 0}}
    async with open_bench(**settings) as bench:
        await reindex(bench)
        workers = bench.container.upkeep
        job = await workers.lifecycle(bench.principal)
        ended = await bench.ended(job.job_id)
        assert ended.result["indexes_dropped"] == 1
        assert await bench.container.providers.vector_store.indexes() == [await bench.live_index()]
        assert await bench.vectors(old) == set()
        async with bench.container.database.begin(bench.principal, read_only=True) as tx:
            collection = await tx.collections.get("default")
            sets = await tx.chunk_sets.all(collection.id)
            assert await tx.indexes.retired_before(now() + timedelta(days=1)) == []
        assert all(each.read for each in sets)
        assert await finds_all(bench)
