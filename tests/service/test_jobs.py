"""Ingestion as a job in an open service: steered, retried, cleaned up after."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from data.models import DocumentStatus
from graphs.trouble import may_pass
from providers.embedder.hashing import HashingEmbedder
from providers.errors import TransientProviderError
from providers.principal import local_principal
from providers.types import Matrix, TextKind
from service.container import Container, open_container
from service.library import Upload
from service.schemas import JobRead, JobStatus
from service.settings import JobSettings, Settings

OWNER = local_principal()


class Gate:
    """Lets an embedder work, wait, or fail."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.failures: list[Exception] = []
        self.calls = 0


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A gate before the real embedder, which knows no delays and no failures."""
    gate, embed = Gate(), HashingEmbedder.embed

    async def gated(self: HashingEmbedder, texts: Sequence[str], *, kind: TextKind) -> Matrix:
        gate.calls += 1
        await gate.open.wait()
        if gate.failures:
            raise gate.failures.pop()
        return await embed(self, texts, kind=kind)

    monkeypatch.setattr(HashingEmbedder, "embed", gated)
    return gate


@pytest.fixture
async def quick(settings: Settings, gate: Gate, prompt_nodes: None) -> AsyncIterator[Container]:
    """A service whose jobs wait for nothing between attempts."""
    jobs = JobSettings(
        concurrency=1, max_attempts=2, retry_base_s=0, heartbeat_s=0.05, stale_after_s=1
    )
    async with open_container(settings.model_copy(update={"jobs": jobs})) as opened:
        yield opened


def uploads(tmp_path: Path, count: int) -> list[Upload]:
    made = []
    for number in range(count):
        path = tmp_path / f"{number}.md"
        path.write_text(f"# File {number}\n\nWords of {number}.")
        made.append(Upload(source=path.name, path=path))
    return made


async def submit(container: Container, files: list[Upload]) -> JobRead:
    return await container.library.submit(OWNER, "default", files)


async def until(container: Container, job_id: str, kind: str, times: int = 1) -> None:
    """Follow a job until an event has been told so often."""
    async with aclosing(container.jobs.events(OWNER, job_id)) as events:
        async for event in events:
            times -= event.type == kind
            if not times:
                return


async def ended(container: Container, job_id: str) -> JobRead:
    async for _ in container.jobs.events(OWNER, job_id):
        pass
    return await container.jobs.get(OWNER, job_id)


async def cleaned(container: Container) -> None:
    """Wait until what a job left is gone; it goes after the job has ended."""
    for _ in range(500):
        if not await container.checkpoints.threads():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("checkpoints are left")


async def statuses(container: Container) -> dict[str, str]:
    page = await container.library.documents(OWNER)
    return {document.source: document.status.value for document in page.documents}


async def vectors(container: Container) -> int:
    store = container.providers.vector_store
    assert store is not None
    async with container.database.begin(OWNER, read_only=True) as tx:
        row = await tx.collections.get("default")
    return (
        0 if row is None or row.live_index is None else await store.count(row.live_index, "default")
    )


async def test_a_paused_job_rests_and_goes_on(quick: Container, gate: Gate, tmp_path: Path) -> None:
    job = await submit(quick, uploads(tmp_path, 4))
    await until(quick, job.job_id, "document.finished")
    await quick.jobs.pause(OWNER, job.job_id)
    await until(quick, job.job_id, "job.paused")

    resting = await quick.jobs.get(OWNER, job.job_id)
    calls = gate.calls
    await asyncio.sleep(0.1)

    assert resting.status is JobStatus.PAUSED
    assert 1 <= resting.done < 4
    assert gate.calls == calls
    await quick.jobs.resume(OWNER, job.job_id)
    done = await ended(quick, job.job_id)
    assert (done.status, done.done, done.attempts) == (JobStatus.SUCCEEDED, 4, 1)
    assert gate.calls == 4
    assert {d["status"] for d in (done.result or {})["documents"]} == {"indexed"}


async def test_passing_trouble_delays_only_the_files_that_have_it(
    quick: Container, gate: Gate, tmp_path: Path
) -> None:
    gate.failures = [TransientProviderError("the model server is away") for _ in range(4)]
    assert may_pass(gate.failures[0])

    job = await submit(quick, uploads(tmp_path, 3))
    done = await ended(quick, job.job_id)

    assert (done.status, done.attempts, done.done) == (JobStatus.SUCCEEDED, 2, 3)
    assert (done.reason, done.message) == (None, None)
    assert gate.calls == 4 + 3
    assert set((await statuses(quick)).values()) == {"indexed"}
    async with quick.database.begin(OWNER, read_only=True) as tx:
        told = await tx.jobs.events_after(job.job_id)
    finished = [event.data["source"] for event in told if event.type == "document.finished"]
    assert sorted(finished) == ["0.md", "1.md", "2.md"]
    assert [event.type for event in told].count("job.retrying") == 1


async def test_lasting_trouble_buries_the_job_until_it_is_retried(
    quick: Container, gate: Gate, tmp_path: Path
) -> None:
    gate.failures = [TransientProviderError("the model server is away") for _ in range(12)]

    job = await submit(quick, uploads(tmp_path, 2))
    dead = await ended(quick, job.job_id)

    assert (dead.status, dead.reason) == (JobStatus.FAILED, "attempts-used-up")
    assert "the model server is away" in (dead.message or "")
    assert [found.job_id for found in await quick.jobs.list(OWNER, dead=True)] == [job.job_id]
    report = {d["source"]: d["status"] for d in (dead.result or {})["documents"]}
    assert sorted(report.values()) == ["failed", "indexed"]

    await quick.jobs.retry(OWNER, job.job_id)
    done = await ended(quick, job.job_id)

    assert (done.status, done.dead_at, done.done) == (JobStatus.SUCCEEDED, None, 2)
    async with quick.database.begin(OWNER, read_only=True) as tx:
        told = await tx.jobs.events_after(job.job_id)
    finished = [event.data for event in told if event.type == "document.finished"]
    assert len(finished) == 4
    assert {item["status"] for item in finished[2:]} == {"indexed", "unchanged"}
    assert set((await statuses(quick)).values()) == {"indexed"}
    assert await vectors(quick) == 2


async def test_a_cancelled_job_leaves_nothing_half_done_and_can_be_retried(
    quick: Container, gate: Gate, tmp_path: Path
) -> None:
    job = await submit(quick, uploads(tmp_path, 3))
    await until(quick, job.job_id, "document.finished")
    gate.open.clear()
    await asyncio.sleep(0.05)
    await quick.jobs.cancel(OWNER, job.job_id)
    gate.open.set()
    cancelled = await ended(quick, job.job_id)
    await cleaned(quick)

    assert cancelled.status is JobStatus.CANCELLED
    found = await statuses(quick)
    indexed = [source for source, status in found.items() if status == "indexed"]
    assert 1 <= len(indexed) < 3
    assert set(found.values()) <= {"indexed", "failed"}
    assert await vectors(quick) == len(indexed)

    await quick.jobs.retry(OWNER, job.job_id)
    assert (await ended(quick, job.job_id)).status is JobStatus.SUCCEEDED
    assert set((await statuses(quick)).values()) == {DocumentStatus.INDEXED.value}
    assert await vectors(quick) == 3


async def test_a_job_goes_on_in_the_next_service(
    settings: Settings, gate: Gate, tmp_path: Path
) -> None:
    jobs = JobSettings(concurrency=1)
    changed = settings.model_copy(update={"jobs": jobs})
    async with open_container(changed) as first:
        job = await submit(first, uploads(tmp_path, 4))
        await until(first, job.job_id, "document.finished")
    calls = gate.calls

    async with open_container(changed, resume=True) as second:
        done = await ended(second, job.job_id)
    async with open_container(changed) as third:
        left = await third.checkpoints.threads()

    assert 1 <= calls < 4
    assert (done.status, done.attempts) == (JobStatus.SUCCEEDED, 1)
    assert gate.calls == 4
    assert left == []
    assert not list((settings.home / "spool").glob("*-*"))


async def test_what_a_finished_job_left_is_removed_at_the_next_start(
    settings: Settings, gate: Gate, tmp_path: Path
) -> None:
    async with open_container(settings) as first:
        saver: Any = await first.checkpoints.saver()
        job = await submit(first, uploads(tmp_path, 1))
        await ended(first, job.job_id)
        config = {"configurable": {"thread_id": f"{job.job_id}:0", "checkpoint_ns": ""}}
        await saver.aput_writes(
            {"configurable": {**config["configurable"], "checkpoint_id": "1"}}, [("a", 1)], "t"
        )
        await saver.conn.execute(
            "INSERT INTO checkpoints (thread_id, checkpoint_id) VALUES (?, '1')",
            (f"{job.job_id}:0",),
        )
        await saver.conn.commit()

    async with open_container(settings, resume=True) as second:
        assert await second.checkpoints.threads() == []
