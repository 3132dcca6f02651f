import asyncio
from datetime import timedelta
from typing import Any

from data.columns import now
from data.database import Database
from data.models import Job, Stage, WorkStatus
from providers.principal import Principal


async def job_of(database: Database, principal: Principal, *files: dict[str, Any]) -> Job:
    async with database.begin(principal) as tx:
        job = await tx.jobs.create("ingest", {})
        await tx.work.add_all(job.id, files or [{"source": "a.md"}, {"source": "b.md"}])
    return job


async def test_items_are_taken_in_order_and_once(database: Database, alice: Principal) -> None:
    job = await job_of(database, alice, *({"source": f"{number}.md"} for number in range(3)))
    async with database.begin(alice) as tx:
        await tx.work.add_all(job.id, [{"source": "again.md"}])  # they are there already
        first = await tx.work.take(job.id, 2)
        assert await tx.work.in_flight(job.id) == 2
    async with database.begin(alice) as tx:
        rest = await tx.work.take(job.id, 2)
        assert await tx.work.take(job.id, 2) == []
    assert [item.ordinal for item in (*first, *rest)] == [0, 1, 2]
    assert first[0].given == {"source": "0.md"}


async def test_one_of_many_workers_gets_an_item(database: Database, alice: Principal) -> None:
    job = await job_of(database, alice)
    async with database.begin(alice) as tx:
        await tx.work.take(job.id, 1)

    async def claim(worker: str) -> bool:
        async with database.begin(alice) as tx:
            return await tx.work.claim(job.id, 0, Stage.PARSE, worker) is not None

    assert sum(await asyncio.gather(*(claim(f"w{number}") for number in range(6)))) == 1
    async with database.begin(alice) as tx:
        assert await tx.work.claim(job.id, 1, Stage.PARSE, "w") is None  # it was not sent
        assert await tx.work.running(job.id) == 1


async def test_who_lost_an_item_changes_nothing_any_more(
    database: Database, alice: Principal
) -> None:
    job = await job_of(database, alice)
    async with database.begin(alice) as tx:
        await tx.work.take(job.id, 1)
        await tx.work.claim(job.id, 0, Stage.PARSE, "old")
        assert await tx.work.take_from(job.id, 0, "old")
        await tx.work.take(job.id, 1)
        assert await tx.work.claim(job.id, 0, Stage.PARSE, "new") is not None
    async with database.begin(alice) as tx:
        assert not await tx.work.beat(job.id, 0, "old")
        assert not await tx.work.advance(job.id, 0, "old", Stage.EMBED)
        assert not await tx.work.put_back(job.id, 0, "old")
        assert not await tx.work.end(job.id, 0, "old", {"status": "failed"})
        assert await tx.work.beat(job.id, 0, "new")
        assert await tx.work.advance(job.id, 0, "new", Stage.EMBED)
        assert await tx.work.claim(job.id, 0, Stage.PARSE, "late") is None
        item = await tx.work.claim(job.id, 0, Stage.EMBED, "new")
        assert item is not None
        assert item.attempts == 1  # each stage has its own
        assert await tx.work.end(job.id, 0, "new", {"status": "indexed"})
        assert await tx.work.any_open(job.id)
    async with database.begin(alice) as tx:
        ended, waiting = await tx.work.all_of(job.id)
    assert (ended.status, ended.outcome) == (WorkStatus.ENDED, {"status": "indexed"})
    assert (waiting.status, waiting.outcome) == (WorkStatus.WAITING, None)


async def test_an_item_that_failed_waits_and_its_attempt_counts(
    database: Database, alice: Principal
) -> None:
    job = await job_of(database, alice)
    later = now() + timedelta(hours=1)
    async with database.begin(alice) as tx:
        await tx.work.take(job.id, 2)
        await tx.work.claim(job.id, 0, Stage.PARSE, "w")
        await tx.work.claim(job.id, 1, Stage.PARSE, "w")
        await tx.work.put_back(job.id, 0, "w", at=later, message="busy")
        await tx.work.put_back(job.id, 1, "w")
    async with database.begin(alice) as tx:
        assert [item.ordinal for item in await tx.work.take(job.id, 2)] == [1]
        failed, stopped = await tx.work.all_of(job.id)
    assert (failed.attempts, failed.message, failed.next_attempt_at) == (1, "busy", later)
    assert stopped.attempts == 0


async def test_files_of_one_name_or_content_wait_for_each_other(
    database: Database, alice: Principal
) -> None:
    job = await job_of(
        database,
        alice,
        {"source": "a.md", "sha256": "1"},
        {"source": "b.md", "sha256": "2"},
        {"source": "a.md", "sha256": "2"},
        {"source": "c.md", "sha256": "3"},
    )
    async with database.begin(alice) as tx:
        assert [item.ordinal for item in await tx.work.take(job.id, 9)] == [0, 1, 3]
        await tx.work.claim(job.id, 0, Stage.PARSE, "w")
        await tx.work.end(job.id, 0, "w", {})
    async with database.begin(alice) as tx:
        assert await tx.work.take(job.id, 9) == []
        await tx.work.claim(job.id, 1, Stage.PARSE, "w")
        await tx.work.end(job.id, 1, "w", {})
    async with database.begin(alice) as tx:
        assert [item.ordinal for item in await tx.work.take(job.id, 9)] == [2]


async def test_items_are_recalled_and_called_off(database: Database, alice: Principal) -> None:
    job = await job_of(database, alice)
    async with database.begin(alice) as tx:
        await tx.work.take(job.id, 2)
        await tx.work.claim(job.id, 0, Stage.PARSE, "w")
        assert await tx.work.recall(job.id) == 1
        assert await tx.work.call_off(job.id) == 1
        assert await tx.work.any_open(job.id)  # a worker has it
        await tx.work.end(job.id, 0, "w", None)
        assert not await tx.work.any_open(job.id)
        await tx.work.remove(job.id)
        assert await tx.work.all_of(job.id) == []


async def test_what_nobody_works_at_is_found_in_every_tenant(
    database: Database, alice: Principal, bob: Principal
) -> None:
    hers, his = await job_of(database, alice), await job_of(database, bob)
    async with database.begin(alice) as tx:
        await tx.work.take(hers.id, 2)
        await tx.work.claim(hers.id, 1, Stage.PARSE, "dead")
    async with database.begin(bob) as tx:
        await tx.work.take(his.id, 1)
    soon = now() + timedelta(seconds=1)

    async with database.unscoped(read_only=True) as tx:
        assert set(await tx.work.jobs()) == {("acme", hers.id), ("other", his.id)}
        assert await tx.work.sent(Stage.PARSE) == 2
        assert await tx.work.sent(Stage.EMBED) == 0
        unheard = await tx.work.unheard(Stage.PARSE, soon)
        assert {(place.tenant_id, place.ordinal) for place in unheard} == {
            ("acme", 0),
            ("other", 0),
        }
        (silent,) = await tx.work.silent(soon)
        assert await tx.work.silent(now() - timedelta(hours=1)) == []

    assert (silent.worker, silent.place.ordinal) == ("dead", 1)
    async with database.begin(alice) as tx:
        await tx.work.touch_sent(hers.id, [0])
        assert not await tx.work.take_from(
            hers.id, 1, "dead", silent_since=now() - timedelta(hours=1)
        )
        assert await tx.work.take_from(hers.id, 1, "dead", silent_since=soon)
    async with database.begin(bob) as tx:
        assert await tx.work.all_of(hers.id) == []
