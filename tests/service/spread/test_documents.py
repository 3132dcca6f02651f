"""A document in the hands of workers that fail, die, or get the same message twice."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langgraph.types import RetryPolicy

from data.models import DocumentStatus, JobStatus, Stage, WorkStatus
from data.repositories.work_items import WorkPlace
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.graph import IngestGraph, build
from graphs.ingest.state import IngestProviders
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import TransientProviderError
from providers.types import Matrix, TextKind
from service.attempts import JobRules
from service.ingestion import IngestHandler
from service.intake import Intake
from service.library import INGEST
from service.retrying import Backoff
from service.spread.dispatching import Dispatcher
from service.spread.documents import DocumentWorker
from service.spread.ending import IngestEnding

TEXT = "# Pump\n\nIt moves water."


class Embedding(HashingEmbedder):
    """Fails as often as told, or waits until it is let go."""

    def __init__(self, failures: int = 0, error: Exception | None = None) -> None:
        super().__init__(HashingConfig())
        self.failures = failures
        self.error = error or TransientProviderError("the server is restarting")
        self.calls = 0
        self.reached = asyncio.Event()
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def embed(self, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        self.calls += 1
        self.reached.set()
        await self.go_on.wait()
        if self.calls <= self.failures:
            raise self.error
        return await super().embed(texts, kind=kind)


async def worker_with(world: Any, embedder: HashingEmbedder, name: str = "third") -> DocumentWorker:
    """Return a worker whose embedder is another one."""
    container = world.container
    given, handler = container.providers, container.handlers[INGEST]
    assert isinstance(handler, IngestHandler)
    providers = IngestProviders(
        parser=given.parser,
        vector_store=given.vector_store,
        embedder=embedder,
        sparse_encoder=given.sparse_encoder,
        object_store=given.object_store,
    )
    builder = build(
        providers,
        world.database,
        container.settings.ingest,
        artifacts=Artifacts(given.object_store),
        retry=RetryPolicy(max_attempts=1),
    )
    graph = builder.compile(checkpointer=await container.checkpoints.saver(), name="ingest")

    async def opened() -> IngestGraph:
        return graph

    ending = IngestEnding(world.database, INGEST, handler, Intake(given.object_store))
    dispatcher = Dispatcher(world.database, world.post, ending, container.settings.jobs.celery)
    rules = JobRules(backoff=Backoff(base_s=0, max_s=0), heartbeat_s=0.05)
    return DocumentWorker(world.database, opened, world.post, dispatcher, rules=rules, worker=name)


async def started(world: Any) -> tuple[Any, WorkPlace]:
    """Start a job of one document and return it with the place of its first stage."""
    job = await world.submit([TEXT])
    await world.start(job)
    return job, world.post.messages.popleft()


async def to_embedding(world: Any) -> tuple[Any, WorkPlace]:
    job, place = await started(world)
    await world.first.document(place)
    return job, world.post.messages.popleft()


async def test_a_message_that_comes_twice_does_nothing_the_second_time(world: Any) -> None:
    job, place = await started(world)

    await world.first.document(place)
    await world.second.document(place)

    assert [message.stage for message in world.post.places] == [Stage.EMBED]
    await world.deliver_all()
    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED
    await world.second.document(place)  # long after the end
    assert not world.post.messages


async def test_two_workers_never_have_the_same_document(world: Any) -> None:
    _, place = await to_embedding(world)
    embedder = Embedding()
    embedder.go_on.clear()
    slow = asyncio.create_task((await worker_with(world, embedder)).run(place))
    await embedder.reached.wait()

    await world.second.document(place)
    embedder.go_on.set()
    await slow

    assert embedder.calls == 1
    assert [message.stage for message in world.post.places] == [Stage.INDEX]


async def test_trouble_that_passes_is_tried_again_and_leaves_no_trace(world: Any) -> None:
    job, place = await to_embedding(world)
    worker = await worker_with(world, Embedding(failures=2))

    for _ in range(3):
        await worker.run(place)
        if world.post.places[0].stage is Stage.INDEX:
            break
        place = world.post.messages.popleft()
    await world.deliver_all()

    ended = await world.job(job.id)
    assert (ended.status, ended.done) == (JobStatus.SUCCEEDED, 1)
    assert await world.chunks() == [TEXT]


async def test_trouble_that_stays_ends_as_a_dead_letter(world: Any) -> None:
    job, place = await to_embedding(world)
    worker = await worker_with(world, Embedding(failures=9))

    for _ in range(job.max_attempts):
        await worker.run(place)
        place = world.post.messages.popleft() if world.post.messages else place

    ended = await world.job(job.id)
    assert (ended.status, ended.reason) == (JobStatus.FAILED, "attempts-used-up")
    assert ended.dead_at is not None
    assert "the server is restarting" in ended.message
    assert await world.chunks() == []


async def test_a_fault_that_no_attempt_mends_fails_the_document_at_once(world: Any) -> None:
    job, place = await to_embedding(world)
    worker = await worker_with(world, Embedding(failures=1, error=ValueError("a bug")))

    await worker.run(place)

    ended = await world.job(job.id)
    assert ended.status is JobStatus.SUCCEEDED
    assert [item["status"] for item in ended.result["documents"]] == ["failed"]


async def test_an_upload_that_is_gone_fails_with_a_reason(world: Any) -> None:
    job, place = await started(world)
    await Intake(world.container.providers.object_store).remove(job.tenant_id, job.id)

    await world.first.document(place)

    ended = await world.job(job.id)
    assert "is gone; add the file again" in ended.result["documents"][0]["message"]


async def test_the_document_of_a_dead_worker_is_given_to_another(world: Any) -> None:
    job, place = await to_embedding(world)
    embedder = Embedding()
    embedder.go_on.clear()
    dead = asyncio.create_task((await worker_with(world, embedder)).run(place))
    await embedder.reached.wait()
    dead.cancel()
    await asyncio.gather(dead, return_exceptions=True)

    await world.second.sweeper.sweep()
    assert not world.post.messages  # it may still live
    await asyncio.sleep(0.4)
    await world.second.sweeper.sweep()
    delivered = await world.deliver_all()

    assert [message.stage for message in delivered] == [Stage.EMBED, Stage.INDEX]
    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED
    assert await world.chunks() == [TEXT]


async def test_a_worker_that_comes_back_too_late_changes_nothing(world: Any) -> None:
    job, place = await to_embedding(world)
    embedder = Embedding()
    embedder.go_on.clear()
    late = asyncio.create_task((await worker_with(world, embedder)).run(place))
    await embedder.reached.wait()
    async with world.database.begin(world.principal) as tx:
        await tx.work.take_from(job.id, 0, "third")
    await world.second.sweeper.sweep()
    await world.deliver_all()
    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED

    embedder.go_on.set()
    await late

    assert not world.post.messages
    assert len(await world.events(job.id, "document.finished")) == 1
    assert await world.chunks() == [TEXT]


async def test_a_document_that_kills_its_workers_is_given_up_with_a_reason(world: Any) -> None:
    job, place = await to_embedding(world)
    for attempt in range(job.max_attempts):
        async with world.database.begin(world.principal) as tx:
            assert await tx.work.claim(job.id, 0, Stage.EMBED, f"killed {attempt}") is not None
            await tx.work.take_from(job.id, 0, f"killed {attempt}")
        await world.first.sweeper.sweep()
        place = world.post.messages.popleft()

    await world.first.document(place)

    ended = await world.job(job.id)
    assert (ended.status, ended.dead_at is None) == (JobStatus.FAILED, False)
    assert "ended 3 times while it had the document (stage embed)" in ended.message
    async with world.database.begin(world.principal, read_only=True) as tx:
        documents, _ = await tx.documents.list()
    assert [document.status for document in documents] == [DocumentStatus.FAILED]


@pytest.mark.parametrize("wish", ["pause", "cancel"])
async def test_a_running_document_stops_at_its_next_node_when_asked(world: Any, wish: str) -> None:
    job, place = await to_embedding(world)
    embedder = Embedding()
    embedder.go_on.clear()
    working = asyncio.create_task((await worker_with(world, embedder)).run(place))
    await embedder.reached.wait()
    async with world.database.begin(world.principal) as tx:
        await (tx.jobs.request_pause if wish == "pause" else tx.jobs.request_cancel)(job.id)
    await asyncio.sleep(0.3)  # the next sign of life sees the wish
    embedder.go_on.set()
    await working

    expected = {"pause": JobStatus.PAUSED, "cancel": JobStatus.CANCELLED}[wish]
    assert (await world.job(job.id)).status is expected
    assert not world.post.messages


async def test_a_worker_that_is_told_to_end_hands_its_document_on(world: Any) -> None:
    job, place = await to_embedding(world)
    embedder = Embedding()
    embedder.go_on.clear()
    worker = await worker_with(world, embedder)
    working = asyncio.create_task(worker.run(place))
    await embedder.reached.wait()
    worker.drain()
    embedder.go_on.set()
    await working

    assert [message.stage for message in world.post.places] == [Stage.EMBED]
    (item,) = await world.items(job.id)
    assert (item.status, item.attempts) == (WorkStatus.SENT, 0)
    await world.deliver_all()
    assert embedder.calls == 1  # its vectors were kept
    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED


async def test_lost_messages_are_sent_again(world: Any) -> None:
    job = await world.submit([TEXT])
    world.post.down = True
    await world.start(job)  # nothing is sent, and nothing fails
    await asyncio.sleep(0.4)
    await world.first.sweeper.sweep()
    assert not world.post.messages

    world.post.down = False
    await world.first.sweeper.sweep()
    assert [place.stage for place in world.post.places] == [Stage.PARSE]
    await world.first.sweeper.sweep()
    assert len(world.post.messages) == 1  # it waits there; no second one is needed
    await world.deliver_all()

    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED


async def test_a_job_that_nobody_was_told_of_is_found(world: Any) -> None:
    job = await world.submit([TEXT])

    await world.first.sweeper.sweep()
    assert world.post.messages.pop() == (job.tenant_id, job.id)
    await world.first.sweeper.sweep()
    await world.deliver_all()

    assert (await world.job(job.id)).status is JobStatus.SUCCEEDED
