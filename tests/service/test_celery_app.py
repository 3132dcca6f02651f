"""Real brokers, real worker processes, a real PostgreSQL with pgvector."""

import asyncio
import re
import shutil
import socket
import subprocess
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from providers.types import Status
from service.celery_app import CeleryPost, make_app, queue_name, remove_queues
from service.celery_worker import add_tasks
from service.errors import SettingsError
from service.schemas import JobStatus
from service.settings import CelerySettings
from service.spread.process import WorkerProcess
from tests.free_ports import free_ports
from tests.service.spread.site import ALICE, Site, make_database

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

BROKERS = {
    "redis": "redis://127.0.0.1:6379/9",
    "rabbitmq": "amqp://guest:guest@127.0.0.1:5672//",
}
TEXTS = {
    f"{number}.md": f"# Pump {number}\n\n" + "\n\n".join(
        f"## Part {part}\n\nPart {part} of pump {number} wants {part} drops of oil."
        for part in range(5)
    )
    for number in range(12)
}  # fmt: skip


@pytest.fixture(params=BROKERS)
def broker_url(request: pytest.FixtureRequest) -> str:
    """URL of a broker that runs on this machine."""
    url = BROKERS[request.param]
    host, port = "127.0.0.1", 6379 if request.param == "redis" else 5672
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        package = {"redis": "redis-server", "rabbitmq": "rabbitmq-server"}[request.param]
        pytest.fail(f"nothing answers on {host}:{port}: apt-get install {package}, and start it")
    return url


@pytest.fixture
def make_site(
    tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Site]]:
    """Make a site with queues and a database of its own; its queues are removed at the end."""
    monkeypatch.chdir(tmp_path)  # away from a developer's config.yaml
    made: list[tuple[Site, str]] = []

    def make(broker: str, database_url: str | None = None) -> Site:
        name = f"test_{uuid.uuid4().hex[:12]}"
        site = Site(tmp_path, database_url or make_database(postgres, name), broker, name)
        if broker in BROKERS.values():  # others end with the test
            made.append((site, broker))
        return site

    yield make
    for site, broker in made:
        remove_queues(CelerySettings(broker_url=SecretStr(broker), queue_prefix=site.prefix))


@contextmanager
def own_redis(folder: Path, port: int) -> Iterator[None]:
    """Run a Redis server that keeps nothing."""
    executable = shutil.which("redis-server")
    if executable is None:
        pytest.fail("there is no redis-server: apt-get install redis-server")
    process = subprocess.Popen(
        [executable, "--port", str(port), "--save", "", "--appendonly", "no"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def test_two_workers_ingest_what_a_server_was_given(
    broker_url: str, make_site: Callable[[str], Site]
) -> None:
    site = make_site(broker_url)
    async with site.server() as server:
        with site.worker("--queues", "jobs,parse"), site.worker("--queues", "embed,index,jobs"):
            job = await server.submit(TEXTS)
            seen = [event async for event in server.container.jobs.events(ALICE, job.job_id)]
            ended = await server.end_of(job.job_id)

        assert (ended.status, ended.done, ended.total) == (JobStatus.SUCCEEDED, 12, 12)
        kinds = [event.type for event in seen]
        assert kinds.count("document.finished") == 12
        assert [event.sequence for event in seen] == list(range(1, len(seen) + 1))
        sources, texts, _ = await server.stored()
        assert sources == sorted(TEXTS)
        assert len(texts) >= 12
        assert (await server.container.health.report()).capabilities["jobs"].status is Status.READY


async def test_a_killed_worker_loses_nothing(
    broker_url: str, make_site: Callable[[str], Site]
) -> None:
    site = make_site(broker_url)
    async with site.server() as server:
        with site.worker("--concurrency", "2") as doomed:
            job = await server.submit(TEXTS)
            await server.until(job.job_id, lambda job: job.done >= 2)
            doomed.kill()
        assert (await server.container.jobs.get(ALICE, job.job_id)).status is JobStatus.RUNNING
        with site.worker():
            ended = await server.end_of(job.job_id)

        assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)
        assert ended.result is not None
        assert len(ended.result["documents"]) == 12
        assert (await server.stored())[0] == sorted(TEXTS)


async def test_a_worker_that_is_asked_to_end_hands_its_work_on(
    broker_url: str, make_site: Callable[[str], Site]
) -> None:
    site = make_site(broker_url)
    async with site.server() as server:
        with site.worker() as first:
            job = await server.submit(TEXTS)
            await server.until(job.job_id, lambda job: job.done >= 1)
            assert first.stop() == 0
        resting = await server.container.jobs.get(ALICE, job.job_id)
        with site.worker():
            ended = await server.end_of(job.job_id)

        assert resting.done < 12
        assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)
        assert "document.released" not in first.log


async def test_a_job_is_cancelled_paused_and_resumed(
    broker_url: str, make_site: Callable[[str], Site]
) -> None:
    site = make_site(broker_url)
    async with site.server() as server:
        with site.worker():
            job = await server.submit(TEXTS)
            await server.until(job.job_id, lambda job: job.done >= 1)
            await server.container.jobs.pause(ALICE, job.job_id)
            await server.until(job.job_id, lambda job: job.status is JobStatus.PAUSED)
            await server.container.jobs.resume(ALICE, job.job_id)
            ended = await server.end_of(job.job_id)
            more = await server.submit({f"more-{name}": f"{text}!" for name, text in TEXTS.items()})
            await server.until(more.job_id, lambda job: job.status is JobStatus.RUNNING)
            await server.container.jobs.cancel(ALICE, more.job_id)
            cancelled = await server.end_of(more.job_id)

        assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)
        assert cancelled.status is JobStatus.CANCELLED
        await server.stored()  # every vector has its chunk


async def embedded(port: int) -> float:
    """Return how many documents a process of a worker says that it has embedded."""
    async with httpx.AsyncClient() as client:
        found = await client.get(f"http://127.0.0.1:{port}/metrics")
    assert found.status_code == 200
    counts = re.findall(r'^cicerone_node_seconds_count{node="embed"} (\S+)$', found.text, re.M)
    return float(counts[0]) if counts else 0.0


async def test_each_process_of_a_worker_serves_its_own_metrics(
    tmp_path: Path, make_site: Callable[[str], Site]
) -> None:
    port, metrics = free_ports(), free_ports()
    site = make_site(f"redis://127.0.0.1:{port}/0")
    async with site.server() as server:
        with (
            own_redis(tmp_path, port),
            site.worker("--concurrency", "2", "--metrics-port", str(metrics)) as worker,
        ):
            job = await server.submit(TEXTS)
            ended = await server.end_of(job.job_id)
            counts = [await embedded(metrics), await embedded(metrics + 1)]
            assert worker.stop() == 0
    assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)
    assert sum(counts) == 12


async def test_a_broker_that_forgets_everything_delays_a_job_and_no_more(
    tmp_path: Path, make_site: Callable[[str], Site]
) -> None:
    port = free_ports()
    site = make_site(f"redis://127.0.0.1:{port}/0")
    async with site.server() as server:
        with own_redis(tmp_path, port), site.worker():
            job = await server.submit(TEXTS)
            await server.until(job.job_id, lambda job: job.done >= 1)
        # The worker was killed with its broker; both come back and know of nothing.
        waiting = await server.submit({"late.md": "# Late\n\nNobody could be told of it."})
        health = await server.container.health.report()
        with own_redis(tmp_path, port), site.worker():
            ended = await server.end_of(job.job_id)
            late = await server.end_of(waiting.job_id)

        assert health.capabilities["jobs"].status is Status.DEGRADED
        assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)
        assert late.status is JobStatus.SUCCEEDED
        assert (await server.stored())[0] == sorted([*TEXTS, "late.md"])


async def test_a_worker_outlives_a_broker_that_is_away_for_a_while(
    tmp_path: Path, make_site: Callable[[str], Site]
) -> None:
    port = free_ports()
    site = make_site(f"redis://127.0.0.1:{port}/0")
    async with site.server() as server:
        with ExitStack() as running:
            with own_redis(tmp_path, port):
                worker = running.enter_context(site.worker())
                job = await server.submit(TEXTS)
                await server.until(job.job_id, lambda job: job.done >= 1)
            await asyncio.sleep(3)
            assert worker.process.poll() is None
            with own_redis(tmp_path, port):
                ended = await server.end_of(job.job_id)

        assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)


async def test_a_database_that_is_away_for_a_while_delays_a_job_and_no_more(
    own_postgres: Any, make_site: Callable[..., Site]
) -> None:
    url = make_database(own_postgres.get_uri(driver="psycopg"), "away")
    site = make_site(BROKERS["redis"], url)
    async with site.server() as server:
        with site.worker() as worker:
            job = await server.submit(TEXTS)
            await server.until(job.job_id, lambda job: job.done >= 1)
            own_postgres.stop()
            await asyncio.sleep(5)
            assert worker.process.poll() is None
            own_postgres.start()
            ended = await server.end_of(job.job_id, 90)

        assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 12)
        assert (await server.stored())[0] == sorted(TEXTS)


def test_a_worker_without_its_model_ends_with_a_reason(
    make_site: Callable[[str], Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = make_site(BROKERS["redis"])
    site.change("embedder", {"plugin": "fastembed"})
    monkeypatch.setenv("CICERONE_MODELS_DIR", str(tmp_path / "no-models"))
    with site.worker() as worker:
        assert worker.process.wait(timeout=60) == 1
        assert "embedder.options.model" in worker.log


async def test_messages_carry_ids_and_nothing_else(broker_url: str) -> None:
    settings = CelerySettings(
        broker_url=SecretStr(broker_url), queue_prefix=f"test_{uuid.uuid4().hex[:8]}"
    )
    post = CeleryPost(settings)
    try:
        await post.job("acme", "job-1")
        assert await post.waiting("jobs") == 1
        app = make_app(settings)
        with app.connection_for_read() as connection:
            message = connection.SimpleQueue(queue_name(settings, "jobs")).get(timeout=5)
            message.ack()
        assert message.payload[:2] == [["acme", "job-1"], {}]
        assert message.content_type == "application/json"
        app.close()
    finally:
        await post.aclose()
        remove_queues(settings)


async def test_beat_can_send_its_message(broker_url: str) -> None:
    settings = CelerySettings(
        broker_url=SecretStr(broker_url), queue_prefix=f"test_{uuid.uuid4().hex[:8]}"
    )
    app = make_app(settings)
    add_tasks(app, settings, WorkerProcess(lambda *_: pytest.fail("it was opened")))
    (entry,) = app.conf.beat_schedule.values()
    post = CeleryPost(settings)
    try:
        app.tasks[entry["task"]].apply_async(**entry["options"])  # as beat does
        assert await post.waiting("jobs") == 1
    finally:
        app.close()
        await post.aclose()
        remove_queues(settings)


@pytest.mark.parametrize("url", [None, "sqs://queue"])
def test_a_broker_of_another_kind_is_refused(url: str | None) -> None:
    settings = CelerySettings(broker_url=None if url is None else SecretStr(url))
    with pytest.raises(SettingsError, match="broker_url"):
        make_app(settings)
