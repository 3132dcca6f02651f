"""Several processes share the jobs of one PostgreSQL; each job is done once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from data import migrate
from data.database import Database
from providers.principal import Principal, local_principal
from service.reporting import Reporter
from service.runner import InlineRunner
from service.settings import JobSettings

OWNER = local_principal()
SETTINGS = JobSettings(parallel=3, sweep_s=0.05, heartbeat_s=0.1, stale_after_s=0.5, retry_base_s=0)


@pytest.fixture
def url(postgres: str) -> str:
    maintenance = make_url(postgres)
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS runner_test WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE runner_test"))
    engine.dispose()
    made = maintenance.set(database="runner_test").render_as_string(hide_password=False)
    migrate.upgrade(made)
    return made


@pytest.fixture
async def databases(url: str) -> AsyncIterator[list[Database]]:
    opened = [Database.open(url) for _ in range(3)]
    yield opened
    for database in opened:
        await database.aclose()


class Worker:
    """Remembers which jobs it did."""

    def __init__(self, done: Counter[str]) -> None:
        self._done = done
        self.mine = 0

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        await asyncio.sleep(0.01)
        self._done[reporter.job_id] += 1
        self.mine += 1
        return {}


async def all_ended(database: Database) -> None:
    while True:
        async with database.unscoped(read_only=True) as tx:
            if not await tx.jobs.unfinished():
                return
        await asyncio.sleep(0.05)


@pytest.mark.integration
async def test_workers_share_the_jobs_and_do_each_once(databases: list[Database]) -> None:
    done: Counter[str] = Counter()
    workers = [Worker(done) for _ in databases]
    async with databases[0].begin(OWNER) as tx:
        ids = [(await tx.jobs.create("work", {})).id for _ in range(30)]
    runners = [
        InlineRunner(database, {"work": worker}, SETTINGS)
        for database, worker in zip(databases, workers, strict=True)
    ]
    for runner in runners:
        await runner.start(resume=True)

    await asyncio.wait_for(all_ended(databases[0]), 30)

    for runner in runners:
        await runner.aclose()
    assert done == Counter(ids)
    assert all(worker.mine for worker in workers)


@pytest.mark.integration
async def test_the_job_of_a_dead_worker_is_taken_over(databases: list[Database]) -> None:
    done: Counter[str] = Counter()
    async with databases[0].begin(OWNER) as tx:
        job = await tx.jobs.create("work", {})
        await tx.jobs.start(job.id, "a worker that died")
    runner = InlineRunner(databases[1], {"work": Worker(done)}, SETTINGS)
    await runner.start(resume=True)
    await asyncio.sleep(0.2)
    early = done.total()

    await asyncio.wait_for(all_ended(databases[0]), 30)
    await runner.aclose()

    assert early == 0
    assert done == Counter([job.id])
    async with databases[0].begin(OWNER, read_only=True) as tx:
        events = [event.data for event in await tx.jobs.events_after(job.id)]
    assert {"reason": "worker-lost"} in events
