"""Ingests files again and again with workers of its own, and kills some of them."""

import asyncio
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import psutil

from cli.files import LocalFile
from cli.problems import UsageProblemError
from evals.spreading import SpreadReport, Stored, Trial
from providers.principal import local_principal
from service.container import Container, open_container
from service.jobs import ENDED
from service.library import Upload
from service.schemas import JobRead
from service.settings import Settings

TRIAL_S: Final = 1800.0
MEGABYTE: Final = 1_000_000
_ME: Final = local_principal()
_CHANCE: Final = random.SystemRandom()
Say = Callable[[str], None]


async def run_trials(
    settings: Settings,
    files: Sequence[LocalFile],
    *,
    workers: Sequence[int],
    rounds: int,
    kills: int,
    say: Say,
) -> SpreadReport:
    """Measure undisturbed ingestions, then those during which a worker dies.

    Raises:
        UsageProblemError: the settings do not spread jobs.
    """
    if settings.jobs.runner != "celery":
        raise UsageProblemError("set jobs.runner to celery: this measures its workers")
    undisturbed: list[Trial] = []
    killed: list[Trial] = []
    async with _bench(settings) as bench:
        for number in [each for _ in range(rounds) for each in workers]:
            with bench.workers(number):
                trial = await bench.trial(files, number)
            say(f"{number} workers: {trial.seconds:.1f} s")
            undisturbed.append(trial)
        number = max(workers)
        usual = min(trial.seconds for trial in undisturbed if trial.workers == number)
        with bench.workers(number) if kills else ExitStack():
            for run in range(kills):
                trial = await bench.trial(files, number, _CHANCE.uniform(0, usual))
                say(f"kill {run + 1} after {trial.killed_after_s:.1f} s: {trial.seconds:.1f} s")
                killed.append(trial)
    return SpreadReport(undisturbed=undisturbed, killed=killed)


@asynccontextmanager
async def _bench(settings: Settings) -> AsyncIterator["_Bench"]:
    """Open the service with queues of its own, so that no other worker takes part."""
    prefix = f"trial_{uuid.uuid4().hex[:8]}"
    with tempfile.TemporaryDirectory(prefix="cicerone-") as folder:
        celery = settings.jobs.celery.model_copy(update={"queue_prefix": prefix})
        jobs = settings.jobs.model_copy(update={"celery": celery})
        own = settings.model_copy(update={"home": Path(folder) / "home", "jobs": jobs})
        async with open_container(own) as container:
            yield _Bench(container, Path(folder), prefix)
        from service.celery_app import remove_queues

        await anyio.to_thread.run_sync(remove_queues, celery)


@dataclass(frozen=True, slots=True)
class _Usage:
    cpu_s: float
    memory_mb: float


class _Bench:
    def __init__(self, container: Container, folder: Path, prefix: str) -> None:
        self._container = container
        self._folder = folder
        self._environment = {
            **os.environ,
            "CICERONE_HOME": str(folder / "workers"),
            "CICERONE_JOBS__CELERY__QUEUE_PREFIX": prefix,
        }
        self._running: list[subprocess.Popen[bytes]] = []

    @contextmanager
    def workers(self, number: int) -> Iterator[None]:
        """Run workers, all of which are ready when this yields."""
        try:
            for _ in range(number):
                self._start()
            yield
        finally:
            for process in self._running:
                process.kill()
                process.wait()
            self._running.clear()

    def _start(self) -> None:
        log = (self._folder / "workers.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "worker", "--json"],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=log,
        )
        log.close()
        self._running.append(process)
        assert process.stdout is not None  # noqa: S101 - it was asked for
        while (line := process.stdout.readline()) != b"}\n":
            if not line:
                raise RuntimeError("a worker did not start; `cicerone worker` shows why")

    async def trial(
        self, files: Sequence[LocalFile], workers: int, kill_after_s: float | None = None
    ) -> Trial:
        """Ingest the files into a collection of their own, and look at what is there then."""
        collection = f"trial-{uuid.uuid4().hex[:12]}"
        uploads = [Upload(source=file.source, path=file.path, keep=True) for file in files]
        before, started = self._usage(), time.perf_counter()
        job = await self._container.library.submit(_ME, collection, uploads)
        if kill_after_s is not None:
            await asyncio.sleep(kill_after_s)
            await self._kill_one()
        ended = await self._end_of(job.job_id)
        seconds, after = time.perf_counter() - started, self._usage()
        return Trial(
            workers=workers,
            seconds=seconds,
            cpu_s=max(0.0, after.cpu_s - before.cpu_s),
            memory_mb=after.memory_mb / workers,
            status=ended.status.value,
            done=ended.done,
            stored=await self._stored(collection),
            killed_after_s=kill_after_s,
        )

    def _usage(self) -> "_Usage":
        """Add up what the workers and their children have used so far."""
        cpu = memory = 0.0
        for process in self._running:
            parent = psutil.Process(process.pid)
            for each in (parent, *parent.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    times = each.cpu_times()
                    cpu += times.user + times.system
                    memory += each.memory_info().rss / MEGABYTE
        return _Usage(cpu, memory)

    async def _kill_one(self) -> None:
        """Kill a worker without a word, and start another."""
        victim = self._running.pop(_CHANCE.randrange(len(self._running)))
        victim.kill()
        await anyio.to_thread.run_sync(victim.wait)
        await anyio.to_thread.run_sync(self._start)

    async def _end_of(self, job_id: str) -> JobRead:
        async with asyncio.timeout(TRIAL_S):
            while True:  # other processes change it
                job = await self._container.jobs.get(_ME, job_id)
                if job.status in ENDED:
                    return job
                await asyncio.sleep(0.1)

    async def _stored(self, name: str) -> Stored:
        store = self._container.providers.vector_store
        async with self._container.database.begin(_ME, read_only=True) as tx:
            documents, _ = await tx.documents.list(collection=name, limit=1_000_000)
            rows = [row for each in documents for row in await tx.chunks.of_document(each.id)]
            collection = await tx.collections.get(name)
        index = collection.live_index if collection is not None else None
        ids = set(await store.ids(index, _ME.tenant_id)) if store and index else set()
        digests = [hashlib.sha256(row.text.encode()).hexdigest()[:16] for row in rows]
        return Stored(
            sources=tuple(sorted(each.source for each in documents)),
            chunks=tuple(sorted(digests)),
            vectors=len(ids),
            stray=len(ids ^ {row.id for row in rows}),
        )
