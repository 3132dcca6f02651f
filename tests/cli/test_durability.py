"""Real servers that are killed, or told to end, in the middle of a job."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cli.durability import run_durability
from cli.files import find_files
from data.database import Database
from data.models import Job
from evals.bench.corpus import make_manuals
from evals.durability.moments import Point
from providers.principal import local_principal
from service.container import open_container
from service.settings import load_settings

OWNER = local_principal()
Cli = Any
LOOK_S = 0.05
"""Pause between two looks: the server needs the processor."""


@pytest.fixture
def manuals(tmp_path: Path) -> Path:
    folder = tmp_path / "manuals"
    folder.mkdir()
    for manual in make_manuals(4, sections=30, seed=3):
        (folder / manual.name).write_text(manual.text)
    return folder


def plain(home: Path) -> Any:
    return load_settings(
        home=home,
        embedder={"plugin": "hashing"},
        parser={"plugin": "text"},
        reranker={"plugin": "late_interaction", "enabled": False},
        guards={"enabled": False},
    )


@pytest.mark.integration
@pytest.mark.timeout(400)
async def test_killed_servers_leave_what_an_undisturbed_one_leaves(
    manuals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    report = await run_durability(
        plain(tmp_path / "unused"),
        find_files([str(manuals)]),
        runs=1,
        kills=1,
        seed=11,
        points=[Point.CHECKPOINTS],
        say=lambda what, done, total: None,
    )

    assert report["differences"] == []
    assert (report["runs"], report["equal"], report["kills"]) == (1, 1, 1)
    assert report["documents"] == 4
    assert report["chunks"] == report["vectors"] > 100


def serve(home: Path, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "serve", "--port", "0", "--no-console"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "CICERONE_HOME": str(home),
            "CICERONE_EMBEDDER__PLUGIN": "hashing",
            "CICERONE_PARSER__PLUGIN": "text",
            "CICERONE_RERANKER__ENABLED": "false",
            "CICERONE_GUARDS__ENABLED": "false",
            "CICERONE_JOBS__CONCURRENCY": "1",
        },
    )


async def look(home: Path, job_id: str) -> Job:
    async with opened(home) as database:
        return await read(database, job_id)


@asynccontextmanager
async def opened(home: Path) -> AsyncIterator[Database]:
    database = Database.open(f"sqlite+aiosqlite:///{home}/cicerone.db")
    yield database
    await database.aclose()


async def read(database: Database, job_id: str) -> Job:
    async with database.begin(OWNER, read_only=True) as tx:
        job = await tx.jobs.get(job_id)
    assert job is not None
    return job


async def reach(home: Path, job_id: str, done: int) -> None:
    deadline = time.monotonic() + 60
    async with opened(home) as database:
        while (job := await read(database, job_id)).done < done:
            assert time.monotonic() < deadline, f"{job.done} of {job.total}"
            await asyncio.sleep(LOOK_S)


@pytest.mark.integration
@pytest.mark.timeout(300)
async def test_a_server_that_is_told_to_end_stops_its_job_and_the_next_one_goes_on(
    manuals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    files = [{"source": f.source, "path": str(f.path)} for f in find_files([str(manuals)])]
    async with (
        open_container(plain(home)) as container,
        container.database.begin(OWNER) as tx,
    ):
        payload = {"files": files, "collection": "default"}
        made = await tx.jobs.create("ingest", payload, collection="default", total=len(files))

    first = serve(home, tmp_path)
    await reach(home, made.id, 1)
    first.send_signal(signal.SIGTERM)
    code = first.wait(timeout=60)
    between = await look(home, made.id)

    assert code == 0
    assert (between.status, between.attempts) == ("queued", 0)
    assert 1 <= between.done < len(files)
    second = serve(home, tmp_path)
    await reach(home, made.id, len(files))
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=60) == 0
    after = await look(home, made.id)
    assert (after.status, after.attempts) == ("succeeded", 1)
    documents = (after.result or {})["documents"]
    assert [d["status"] for d in documents] == ["indexed"] * len(files)


def test_a_point_that_is_not_known_is_refused(cli: Cli, manuals: Path) -> None:
    result = cli("eval", "durability", "--manuals", manuals, "--point", "teatime", "--json")

    assert result.code == 2
    assert "any_time" in json.loads(result.out)["detail"]
