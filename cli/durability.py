"""Runs the kill test: real servers on scratch homes, killed from outside, started again."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import anyio
import psutil

from cli.files import LocalFile
from cli.scratch import COLLECTION, scratch_settings
from data.database import Database
from data.models import Job, JobStatus
from evals.durability.contents import Contents, Holdings, contents_of, differences, inconsistencies
from evals.durability.moments import Moment, Places, Point, choose, wait_for
from providers.principal import local_principal
from providers.vector_store.sparse_copy import copy_sparse
from service.container import Container, open_container
from service.library import INGEST
from service.settings import CONFIG_VARIABLE, Settings

LOOK_S: Final = 0.02
START_S: Final = 60.0
WORK_S: Final = 1800.0
"""Longest that one run may take before it counts as stuck."""
LOG: Final = "server.log"
ATTEMPTS: Final = 100
"""More than a run has kills: a kill counts as an attempt."""

Say = Callable[[str, int, int], None]


@dataclass(slots=True)
class Run:
    """One run: when it was killed, in which step, and how it differs in the end."""

    number: int
    kills: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    differences: list[str] = field(default_factory=list)


async def run_durability(
    settings: Settings,
    files: Sequence[LocalFile],
    *,
    runs: int,
    kills: int,
    seed: int,
    points: Sequence[Point],
    say: Say,
) -> dict[str, Any]:
    """Ingest once undisturbed, then `runs` times with kills, and compare what is there.

    Args:
        settings: As for the service; homes are scratch folders.
        files: What to ingest.
        runs: How many disturbed runs.
        kills: Most kills in a run; each has from one to so many.
        seed: Makes the choice of moments repeatable, as far as time is.
        points: What kills come after; runs take turns.
        say: Is told how far the test is.
    """
    with tempfile.TemporaryDirectory(prefix="cicerone-kill-") as folder:
        lab = _Lab(settings, Path(folder), Random(seed))  # noqa: S311 - to be repeated
        await lab.prepare(files)
        say("undisturbed", 0, runs)
        wanted, work_s = await lab.undisturbed()
        done: list[Run] = []
        for number in range(runs):
            point = points[number % len(points)]
            say(f"run {number + 1}: {point.value}", number, runs)
            done.append(await lab.disturbed(number, point, kills, work_s, wanted))
    return _report(done, work_s, wanted)


class _Lab:
    """A home with a job that waits, and copies of it."""

    def __init__(self, settings: Settings, folder: Path, chance: Random) -> None:
        self._settings = settings
        self._folder = folder
        self._chance = chance
        self._job_id = ""

    async def prepare(self, files: Sequence[LocalFile]) -> None:
        """Make the home; the next server that is started over it does the job."""
        listed = [{"source": f.source, "path": str(f.path.absolute())} for f in files]
        async with open_container(self._at("base")) as container:
            async with container.database.begin(local_principal()) as tx:
                # Chunks are named after it, so all homes must have the same one.
                await tx.collections.ensure(COLLECTION)
                job = await tx.jobs.create(
                    INGEST,
                    {"files": listed, "collection": COLLECTION},
                    collection=COLLECTION,
                    total=len(listed),
                    max_attempts=ATTEMPTS,
                )
            self._job_id = job.id

    async def undisturbed(self) -> tuple[Contents, float]:
        """Do the job in one go; return what is there, and how long the job took."""
        settings = self._copy("undisturbed")
        job = await self._finish(settings)
        found, left = await self._contents(settings)
        trouble = left + inconsistencies(found)
        if trouble or job.started_at is None or job.finished_at is None:
            raise RuntimeError(f"the undisturbed run is not whole: {trouble[:3]}")
        return found, (job.finished_at - job.started_at).total_seconds()

    async def disturbed(
        self, number: int, point: Point, kills: int, work_s: float, wanted: Contents
    ) -> Run:
        """Do the job with kills in between, and compare."""
        run, settings = Run(number), self._copy(f"run-{number}")
        started = time.monotonic()
        count = self._chance.randint(1, kills)
        for moment in choose(self._chance, [point], work_s, count):
            run.kills.append(await self._kill(settings, moment))
        await self._finish(settings)
        run.seconds = round(time.monotonic() - started, 2)
        found, left = await self._contents(settings)
        run.differences = left + differences(found, wanted)
        if not run.differences:
            shutil.rmtree(settings.home)
        return run

    async def _kill(self, settings: Settings, moment: Moment) -> dict[str, Any]:
        async with _watched(settings, self._job_id) as job:
            before = job.row.attempts
            with _server(settings) as process:
                await job.until(lambda row: row.attempts > before or _over(row), process)
                watching = asyncio.create_task(job.until(_over, process))
                in_work = await anyio.to_thread.run_sync(
                    wait_for, moment, Places.of(settings.home), lambda: _over(job.row)
                )
                children = psutil.Process(process.pid).children(recursive=True)
                process.kill()
                watching.cancel()
                await anyio.to_thread.run_sync(process.wait)
                await anyio.to_thread.run_sync(psutil.wait_procs, children, START_S)
                await asyncio.gather(watching, return_exceptions=True)
            step = await job.last_step()
        return {
            "point": moment.point.value,
            "after_s": round(moment.after_s, 3),
            "in_work": in_work,
            "step": step,
        }

    async def _finish(self, settings: Settings) -> Job:
        """Let a server do what is left of the job.

        Raises:
            RuntimeError: the job failed, or takes too long.
        """
        async with _watched(settings, self._job_id) as job:
            with _server(settings) as process:
                await job.until(_over, process)
            if job.row.status is not JobStatus.SUCCEEDED:
                raise RuntimeError(f"the job ended badly: {job.row.status}: {job.row.message}")
            return job.row

    async def _contents(self, settings: Settings) -> tuple[Contents, list[str]]:
        """Read what a home holds, and say what is left of the job that should be gone."""
        # Opened as a server does, which removes what a job left that was killed as it ended.
        async with open_container(settings, resume=True) as container:
            found = await contents_of(_holdings(container), COLLECTION)
            threads = await container.checkpoints.threads()
            job = await container.jobs.get(local_principal(), self._job_id)
        told = Counter(item["source"] for item in (job.result or {}).get("documents", []))
        wrong = [f"checkpoint {name}: is left" for name in threads]
        wrong += [f"report: tells {n} times of {name}" for name, n in told.items() if n > 1]
        if job.done != job.total:
            wrong.append(f"job: {job.done} of {job.total} are done")
        return found, wrong

    def _at(self, name: str) -> Settings:
        return scratch_settings(self._settings, self._folder / name)

    def _copy(self, name: str) -> Settings:
        base, copy = self._folder / "base", self._folder / name
        shutil.copytree(base, copy, copy_function=copy_sparse)
        return self._at(name)


def _holdings(container: Container) -> Holdings:
    providers = container.providers
    if providers.vector_store is None:
        raise RuntimeError("the service was opened without a vector store")
    return Holdings(
        database=container.database,
        store=providers.vector_store,
        embedder=providers.embedder,
        sparse_encoder=providers.sparse_encoder,
        objects=providers.object_store,
        principal=local_principal(),
    )


_SECTIONS = {
    *("embedder", "sparse_encoder", "reranker", "vector_store", "parser", "object_store"),
    *("ingest", "jobs"),
}
"""What the server has to have in common with the caller; JSON is YAML, too."""


@contextmanager
def _server(settings: Settings) -> "Iterator[subprocess.Popen[bytes]]":
    """Run a server on a home; it is told to end in good order when it still runs."""
    command = [sys.executable, "-m", "cli", "serve", "--port", "0", "--no-console", "--json"]
    # A file of its own: what the caller's file says of another plugin's options must not mix in.
    config = settings.home / "config.yaml"
    config.write_text(settings.model_dump_json(include=_SECTIONS), encoding="utf-8")
    environment = {
        **os.environ,
        CONFIG_VARIABLE: str(config),
        "CICERONE_HOME": str(settings.home),
        "CICERONE_MODELS_DIR": str(settings.models_dir),
    }
    with (
        (settings.home / LOG).open("ab") as told,
        subprocess.Popen(  # noqa: S603 - our own command, no words from outside
            command, env=environment, stdout=subprocess.DEVNULL, stderr=told
        ) as process,
    ):
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=START_S)


def _over(row: Job) -> bool:
    return row.finished_at is not None


class _Watched:
    """A job's row, read from outside while a server works on it."""

    def __init__(self, database: Database, settings: Settings, row: Job) -> None:
        self._database = database
        self._settings = settings
        self.row = row

    async def until(
        self, reached: Callable[[Job], bool], process: "subprocess.Popen[bytes]"
    ) -> None:
        """Read the row again and again until it is as wanted.

        Raises:
            RuntimeError: the server ended, or it takes too long.
        """
        deadline = time.monotonic() + WORK_S
        while not reached(self.row):
            if process.poll() is not None or time.monotonic() > deadline:
                log = anyio.Path(self._settings.home / LOG)
                said = (await log.read_text(errors="replace"))[-500:]
                raise RuntimeError(f"the job is {self.row.status} and does not end: {said}")
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        """Read the row."""
        async with self._database.begin(local_principal(), read_only=True) as tx:
            self.row = await tx.jobs.get(self.row.id) or self.row

    async def last_step(self) -> str:
        """Return the last step that a killed process has recorded."""
        await self.look()
        async with self._database.begin(local_principal(), read_only=True) as tx:
            told = await tx.jobs.events_after(self.row.id, self.row.last_sequence - 1)
        return str(told[-1].data.get("stage") or told[-1].type) if told else "start"


@asynccontextmanager
async def _watched(settings: Settings, job_id: str) -> AsyncIterator[_Watched]:
    database = Database.open(settings.database_url)
    try:
        async with database.begin(local_principal(), read_only=True) as tx:
            row = await tx.jobs.get(job_id)
        if row is None:
            raise RuntimeError("the home has lost its job")
        yield _Watched(database, settings, row)
    finally:
        await database.aclose()


def _report(runs: Sequence[Run], work_s: float, wanted: Contents) -> dict[str, Any]:
    kills = [kill for run in runs for kill in run.kills]
    hits = [kill for kill in kills if kill["in_work"]]
    return {
        "runs": len(runs),
        "equal": sum(not run.differences for run in runs),
        "kills": len(kills),
        "kills_in_work": len(hits),
        "points": dict(Counter(kill["point"] for kill in hits)),
        "steps": dict(Counter(kill["step"] for kill in hits)),
        "documents": len(wanted.documents),
        "chunks": len(wanted.chunks),
        "vectors": len(wanted.vectors),
        "undisturbed_s": round(work_s, 2),
        "differences": [
            {"run": run.number, "difference": difference}
            for run in runs
            for difference in run.differences
        ],
        "detail": [asdict(run) for run in runs],
    }
