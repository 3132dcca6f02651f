"""One attempt at a job, and what its row and its events say afterwards."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data import migrate
from data.database import Database
from data.models import Job, JobStatus
from providers.errors import TransientProviderError
from providers.principal import Principal, local_principal
from service import schemas
from service.attempts import Attempt, Ending, JobRules, run_job
from service.reporting import JobEnd, JobStoppedError, Reporter
from service.retrying import Backoff
from service.sweeping import Sweeper

OWNER = local_principal()
RULES = JobRules(backoff=Backoff(base_s=0, max_s=0), heartbeat_s=0.02)
Work = Callable[[Reporter], Awaitable[dict[str, Any] | JobEnd]]


class Handler:
    """Does what a test says, and remembers what it was asked to clean."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.cleaned: list[str] = []

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any] | JobEnd:
        return await self._work(reporter)

    async def clean(
        self,
        principal: Principal,
        job_id: str,
        payload: Mapping[str, Any],
        status: schemas.JobStatus,
    ) -> None:
        self.cleaned.append(status.value)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path}/cicerone.db"
    await asyncio.to_thread(migrate.upgrade, url)
    opened = Database.open(url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def job_id(database: Database) -> str:
    async with database.begin(OWNER) as tx:
        return (await tx.jobs.create("test", {}, max_attempts=3)).id


async def row(database: Database, job_id: str) -> Job:
    async with database.begin(OWNER, read_only=True) as tx:
        found = await tx.jobs.get(job_id)
    assert found is not None
    return found


async def told(database: Database, job_id: str) -> list[str]:
    async with database.begin(OWNER, read_only=True) as tx:
        return [event.type for event in await tx.jobs.events_after(job_id)]


async def attempt(database: Database, job_id: str, handler: Handler) -> Ending | None:
    return await run_job(database, {"test": handler}, OWNER, job_id, worker="w", rules=RULES)


async def test_a_job_that_works(database: Database, job_id: str) -> None:
    async def work(reporter: Reporter) -> dict[str, Any]:
        await reporter.event("step.done", {"n": 1}, done=1)
        return {"pages": 3}

    handler = Handler(work)
    await attempt(database, job_id, handler)

    job = await row(database, job_id)
    assert (job.status, job.result, job.done, job.worker) == ("succeeded", {"pages": 3}, 1, None)
    assert await told(database, job_id) == ["job.started", "step.done", "job.finished"]
    assert handler.cleaned == ["succeeded"]


async def test_passing_trouble_is_tried_again_until_the_attempts_are_used_up(
    database: Database, job_id: str
) -> None:
    patience: list[bool] = []

    async def work(reporter: Reporter) -> dict[str, Any]:
        patience.append(reporter.control.patient)
        raise TransientProviderError("the model server is away")

    handler = Handler(work)
    endings = [await attempt(database, job_id, handler) for _ in range(4)]

    assert [ending and ending.status.value for ending in endings] == [
        "queued",
        "queued",
        "failed",
        None,
    ]
    assert patience == [True, True, False]
    job = await row(database, job_id)
    assert (job.status, job.attempts, job.reason) == ("failed", 3, "provider-unavailable")
    assert job.message == "the model server is away"
    assert job.dead_at is not None
    assert (await told(database, job_id)).count("job.retrying") == 2
    assert handler.cleaned == ["failed"]
    async with database.begin(OWNER, read_only=True) as tx:
        assert [dead.id for dead in await tx.jobs.list(dead=True)] == [job_id]


async def test_a_job_is_not_started_before_its_time(database: Database, job_id: str) -> None:
    async def work(reporter: Reporter) -> dict[str, Any]:
        raise TransientProviderError("away")

    slow = JobRules(backoff=Backoff(base_s=3600, max_s=3600), heartbeat_s=1)
    handlers = {"test": Handler(work)}
    first = await run_job(database, handlers, OWNER, job_id, worker="w", rules=slow)
    again = await run_job(database, handlers, OWNER, job_id, worker="w", rules=slow)

    assert first is not None
    assert first.delay_s is not None
    assert 0 <= first.delay_s <= 3600
    assert again is None
    waiting = await row(database, job_id)
    assert waiting.next_attempt_at is not None
    async with database.unscoped() as tx:
        assert list(await tx.jobs.due()) == []


async def test_a_fault_ends_the_job_at_once_and_it_can_be_retried(
    database: Database, job_id: str
) -> None:
    faults = [KeyError("oops")]

    async def work(reporter: Reporter) -> dict[str, Any]:
        if faults:
            raise faults.pop()
        return {}

    handler = Handler(work)
    await attempt(database, job_id, handler)
    failed = await row(database, job_id)
    async with database.begin(OWNER) as tx:
        assert await tx.jobs.retry(job_id)
    await attempt(database, job_id, handler)

    assert (failed.status, failed.dead_at, failed.reason) == ("failed", None, "internal-error")
    after = await row(database, job_id)
    assert (after.status, after.attempts, after.message) == ("succeeded", 1, None)


async def test_a_handler_says_how_it_ended(database: Database, job_id: str) -> None:
    async def work(reporter: Reporter) -> JobEnd:
        status = schemas.JobStatus.QUARANTINED
        return JobEnd(report={"documents": []}, status=status, message="none can be used")

    await attempt(database, job_id, Handler(work))

    job = await row(database, job_id)
    assert (job.status, job.message) == ("quarantined", "none can be used")
    assert job.result == {"documents": []}


async def wait_for_stop(reporter: Reporter) -> dict[str, Any]:
    await reporter.control.drain()
    raise JobStoppedError


@pytest.mark.parametrize(
    ("asked", "status", "event"),
    [
        ("pause", "paused", "job.paused"),
        ("cancel", "cancelled", "job.finished"),
        ("shutdown", "queued", "job.requeued"),
    ],
)
async def test_a_job_stops_where_it_is_safe(
    database: Database, job_id: str, asked: str, status: str, event: str
) -> None:
    handler = Handler(wait_for_stop)
    running = Attempt(database, {"test": handler}, OWNER, job_id, worker="w", rules=RULES)
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0.03)

    running.stop(asked)
    await task

    job = await row(database, job_id)
    assert (job.status, job.worker) == (status, None)
    assert (await told(database, job_id))[-1] == event
    assert job.attempts == (1 if asked == "cancel" else 0)
    assert handler.cleaned == (["cancelled"] if asked == "cancel" else [])


@pytest.mark.parametrize(("asked", "status"), [("pause", "paused"), ("cancel", "cancelled")])
async def test_another_process_steers_it_through_the_table(
    database: Database, job_id: str, asked: str, status: str
) -> None:
    task = asyncio.create_task(attempt(database, job_id, Handler(wait_for_stop)))
    await asyncio.sleep(0.03)

    async with database.begin(OWNER) as tx:
        await getattr(tx.jobs, f"request_{asked}")(job_id)
    await task

    assert (await row(database, job_id)).status == status


async def test_a_paused_job_goes_on_when_it_is_resumed(database: Database, job_id: str) -> None:
    async with database.begin(OWNER) as tx:
        await tx.jobs.request_pause(job_id)

    async def work(reporter: Reporter) -> dict[str, Any]:
        return {}

    none = await attempt(database, job_id, Handler(work))
    async with database.begin(OWNER) as tx:
        await tx.jobs.resume(job_id)
    await attempt(database, job_id, Handler(work))

    assert none is None
    assert (await row(database, job_id)).status == "succeeded"


async def test_a_cut_attempt_gives_its_job_back(database: Database, job_id: str) -> None:
    began = asyncio.Event()

    async def work(reporter: Reporter) -> dict[str, Any]:
        began.set()
        await asyncio.sleep(60)
        return {}

    task = asyncio.create_task(attempt(database, job_id, Handler(work)))
    await began.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    job = await row(database, job_id)
    assert (job.status, job.attempts) == ("queued", 0)


async def test_a_job_that_does_not_stop_is_cut_short(database: Database, job_id: str) -> None:
    async def work(reporter: Reporter) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    handler = Handler(work)
    rules = JobRules(backoff=RULES.backoff, heartbeat_s=1, grace_s=0.05)
    running = Attempt(database, {"test": handler}, OWNER, job_id, worker="w", rules=rules)
    task = asyncio.create_task(running.run())
    await asyncio.sleep(0.03)

    running.stop("cancel")
    await asyncio.wait_for(task, 5)

    assert (await row(database, job_id)).status == "cancelled"
    assert handler.cleaned == ["cancelled"]


async def test_a_job_of_an_unknown_kind_fails_with_a_way_out(database: Database) -> None:
    async with database.begin(OWNER) as tx:
        job = await tx.jobs.create("dance", {})

    await attempt(database, job.id, Handler(wait_for_stop))

    found = await row(database, job.id)
    assert (found.status, found.reason) == ("failed", "job-kind-unknown")
    assert "'dance'" in (found.message or "")


async def test_a_worker_that_lost_its_job_stops_and_changes_nothing(
    database: Database, job_id: str
) -> None:
    async def work(reporter: Reporter) -> dict[str, Any]:
        await asyncio.sleep(60)
        return {}

    task = asyncio.create_task(attempt(database, job_id, Handler(work)))
    await asyncio.sleep(0.05)
    async with database.begin(OWNER) as tx:
        await tx.jobs.requeue(job_id)
        await tx.jobs.start(job_id, "another")

    assert await asyncio.wait_for(task, 5) is None
    job = await row(database, job_id)
    assert (job.status, job.worker) == ("running", "another")


async def test_a_sweep_puts_silent_jobs_back_and_buries_those_without_attempts(
    database: Database,
) -> None:
    ids = []
    async with database.begin(OWNER) as tx:
        for attempts in (1, 3):
            job = await tx.jobs.create("test", {}, max_attempts=3)
            for _ in range(attempts):
                await tx.jobs.start(job.id, "dead")
                if job.attempts < attempts:
                    await tx.jobs.requeue(job.id)
            await tx.jobs.start(job.id, "dead")
            ids.append(job.id)
    handler = Handler(wait_for_stop)
    sweeper = Sweeper(database, {"test": handler}, stale_after_s=60)

    assert await sweeper.sweep() == []
    due = await sweeper.sweep(alone=True)

    assert [job_id for _, job_id in due] == ids[:1]
    buried = await row(database, ids[1])
    assert (buried.status, buried.reason) == ("failed", "worker-lost")
    assert buried.dead_at is not None
    assert "cicerone jobs retry" in (buried.message or "")
    assert handler.cleaned == ["failed"]


async def test_a_worker_that_shows_signs_of_life_keeps_its_job(
    database: Database, job_id: str
) -> None:
    sweeper = Sweeper(database, {}, stale_after_s=2)
    task = asyncio.create_task(attempt(database, job_id, Handler(wait_for_stop)))
    for _ in range(30):
        await asyncio.sleep(0.1)
        await sweeper.sweep()

    job = await row(database, job_id)
    assert job.status is JobStatus.RUNNING
    assert job.heartbeat_at is not None
    assert job.started_at is not None
    assert job.heartbeat_at - job.started_at > timedelta(seconds=1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
