"""A site of several processes: a server in the test's own, and workers of the real command."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from data import migrate
from providers.principal import Principal, Role
from service.container import Container, open_container
from service.library import Upload
from service.schemas import JobRead, JobStatus
from service.settings import Settings, load_settings

ALICE = Principal(tenant_id="acme", subject="alice", roles=frozenset({Role.EDITOR}))
ENDED = {JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.QUARANTINED}


class Worker:
    """A process of `cicerone worker`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def kill(self) -> None:
        """Kill it, and with it its children."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8")


class Site:
    """Settings that a server and workers share: PostgreSQL for everything, and a folder."""

    def __init__(self, folder: Path, database_url: str, broker_url: str, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        self._values: dict[str, Any] = {
            "database": {"url": database_url},
            "embedder": {"plugin": "hashing"},
            "guards": {"question": ["rules"], "passage": ["rules"]},
            "reranker": {"plugin": "late_interaction", "enabled": False},
            "vector_store": {"plugin": "pgvector", "options": {"url": database_url}},
            "object_store": {"plugin": "obstore", "options": {"data_dir": str(folder / "shared")}},
            "log": {"format": "json"},
            "jobs": {
                "runner": "celery",
                "retry_base_s": 0.2,
                "heartbeat_s": 0.2,
                "stale_after_s": 1.5,
                "sweep_s": 0.5,
                "celery": {
                    "broker_url": broker_url,
                    "queue_prefix": prefix,
                    "shared_folder": True,
                },
            },
        }
        migrate.upgrade(database_url)

    def change(self, section: str, value: Mapping[str, Any]) -> None:
        """Let processes that start from now on have other settings."""
        self._values[section] = dict(value)

    @property
    def settings(self) -> Settings:
        """The settings of the server."""
        return load_settings(home=self.folder / "home", **self._values)

    @contextmanager
    def worker(self, *options: str) -> Iterator[Worker]:
        """Run a worker until the end of the block; it is ready when this yields."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        for name, value in self._values.items():
            for key, inner in value.items():
                text = json.dumps(inner) if isinstance(inner, Mapping | list) else str(inner)
                environment[f"CICERONE_{name}__{key}".upper()] = text
        environment["CICERONE_HOME"] = str(self.folder / "worker")
        with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".log", delete=False) as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "worker", "--json", *options],
                env=environment,
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        worker = Worker(process, Path(log.name))
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, b"")
            assert any(line == b"}\n" for line in lines), worker.log
            yield worker
        finally:
            if process.poll() is None:
                worker.kill()
            if process.stdout is not None:
                process.stdout.close()

    @asynccontextmanager
    async def server(self) -> AsyncIterator["Server"]:
        """Open the service as the server does."""
        async with open_container(self.settings, resume=True) as container:
            yield Server(container, self.folder)


class Server:
    """What a person does at the server, and what they see."""

    def __init__(self, container: Container, folder: Path) -> None:
        self.container = container
        self._folder = folder

    async def submit(self, texts: Mapping[str, str]) -> JobRead:
        uploads = []
        for number, (name, text) in enumerate(texts.items()):
            path = self._folder / f"upload-{number}"
            path.write_text(text, encoding="utf-8")
            uploads.append(Upload(source=name, path=path))
        return await self.container.library.submit(ALICE, "default", uploads)

    async def until(
        self, job_id: str, reached: Callable[[JobRead], bool], timeout_s: float = 60
    ) -> JobRead:
        """Look at a job until it is as wanted."""
        async with asyncio.timeout(timeout_s):
            while True:  # other processes change it
                job = await self.container.jobs.get(ALICE, job_id)
                if reached(job):
                    return job
                await asyncio.sleep(0.05)

    async def end_of(self, job_id: str, timeout_s: float = 60) -> JobRead:
        """Wait for the end of a job."""
        return await self.until(job_id, lambda job: job.status in ENDED, timeout_s)

    async def stored(self) -> tuple[list[str], list[str], list[str]]:
        """Return the live documents, the texts of their chunks and the ids of the vectors."""
        database, store = self.container.database, self.container.providers.vector_store
        assert store is not None
        async with database.begin(ALICE, read_only=True) as tx:
            documents, _ = await tx.documents.list(limit=1000)
            chunks = [row for each in documents for row in await tx.chunks.of_document(each.id)]
            collection = await tx.collections.get("default")
        assert collection is not None
        assert collection.live_index is not None
        ids = await store.ids(collection.live_index, ALICE.tenant_id)
        assert sorted(ids) == sorted(row.id for row in chunks)
        return (
            sorted(each.source for each in documents),
            sorted(row.text for row in chunks),
            sorted(ids),
        )


def make_database(maintenance: str, name: str) -> str:
    """Create a database and return its URL."""
    with psycopg.connect(maintenance.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return maintenance.replace("/postgres?", f"/{name}?")
