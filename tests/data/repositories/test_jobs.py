import asyncio
from itertools import chain

from data.database import Database
from data.models import JobStatus
from providers.principal import Principal
from service import schemas


def test_statuses_are_the_services_words() -> None:
    assert {*JobStatus} == {*schemas.JobStatus}


async def test_a_job_runs_once_and_ends_once(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        job = await tx.jobs.create("ingest", {"files": ["ä.pdf"]}, collection="c", total=3)
        assert (job.status, job.attempts, job.subject) == ("queued", 0, "alice")
    async with database.begin(alice) as tx:
        started = await tx.jobs.start(job.id)
        assert started is not None
        assert (started.status, started.attempts) == ("running", 1)
        assert started.payload == {"files": ["ä.pdf"]}
        assert await tx.jobs.start(job.id) is None
        await tx.jobs.progress(job.id, done=2, message="Reading")
        await tx.jobs.progress(job.id, done=3)
        assert await tx.jobs.finish(job.id, {"pages": 9})
        assert not await tx.jobs.fail(job.id, "too late")
        await tx.jobs.progress(job.id, done=1)
    async with database.begin(alice) as tx:
        ended = await tx.jobs.get(job.id)
    assert ended is not None
    assert (ended.status, ended.done, ended.total) == ("succeeded", 3, 3)
    assert (ended.message, ended.result) == ("Reading", {"pages": 9})
    assert ended.started_at is not None
    assert ended.finished_at is not None
    assert ended.created_at <= ended.started_at <= ended.finished_at


async def test_many_workers_claim_a_job_and_one_gets_it(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        job = await tx.jobs.create("ingest", {})

    async def claim() -> bool:
        async with database.begin(alice) as tx:
            return await tx.jobs.start(job.id) is not None

    assert sum(await asyncio.gather(*(claim() for _ in range(6)))) == 1


async def test_a_queued_job_is_cancelled_at_once_and_a_running_one_is_asked(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        queued = await tx.jobs.create("ingest", {})
        running = await tx.jobs.create("ingest", {})
        await tx.jobs.start(running.id)
        stopped = await tx.jobs.request_cancel(queued.id)
        asked = await tx.jobs.request_cancel(running.id)
        assert stopped is not None
        assert stopped.status is JobStatus.CANCELLED
        assert stopped.finished_at is not None
        assert asked is not None
        assert (asked.status, asked.cancel_requested) == ("running", True)
        assert asked.finished_at is None
        assert await tx.jobs.start(queued.id) is None
        assert await tx.jobs.cancel(running.id, {"documents": []}, "Stopped.")
        ended = await tx.jobs.get(running.id)
        assert ended is not None
        assert (ended.status, ended.result) == ("cancelled", {"documents": []})


async def test_unfinished_jobs_of_all_tenants_are_found_after_a_crash(
    database: Database, alice: Principal, bob: Principal
) -> None:
    async with database.begin(alice) as tx:
        running = await tx.jobs.create("ingest", {})
        await tx.jobs.start(running.id)
        done = await tx.jobs.create("ingest", {})
        await tx.jobs.fail(done.id, "broken")
    async with database.begin(bob) as tx:
        queued = await tx.jobs.create("ingest", {})
    async with database.unscoped() as tx_all:
        found = await tx_all.jobs.unfinished()
    assert [(job.id, job.tenant_id) for job in found] == [
        (running.id, "acme"),
        (queued.id, "other"),
    ]
    async with database.begin(alice) as tx:
        assert await tx.jobs.requeue(running.id)
        again = await tx.jobs.start(running.id)
        assert again is not None
        assert again.attempts == 2


async def test_concurrent_events_are_neither_lost_nor_doubled(
    database: Database, alice: Principal
) -> None:
    async with database.begin(alice) as tx:
        job = await tx.jobs.create("ingest", {})

    async def write(worker: int) -> list[int]:
        got = []
        for number in range(10):
            async with database.begin(alice) as tx:
                data = {"worker": worker, "number": number}
                got.append(await tx.jobs.append_event(job.id, "document.stage", data))
        return got

    returned = await asyncio.gather(*(write(worker) for worker in range(4)))
    async with database.begin(alice, read_only=True) as tx:
        events = await tx.jobs.events_after(job.id)
        rest = await tx.jobs.events_after(job.id, 38)
    assert [event.sequence for event in events] == list(range(1, 41))
    assert sorted(chain.from_iterable(returned)) == list(range(1, 41))
    assert len({(event.data["worker"], event.data["number"]) for event in events}) == 40
    assert [event.sequence for event in rest] == [39, 40]


async def test_list_is_newest_first(database: Database, alice: Principal) -> None:
    async with database.begin(alice) as tx:
        ids = [(await tx.jobs.create("ingest", {})).id for _ in range(3)]
        assert [job.id for job in await tx.jobs.list(limit=2)] == ids[:0:-1]
