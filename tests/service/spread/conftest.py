"""A whole service and workers over it; a list stands where the broker is."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from data.models import Job
from data.repositories.work_items import WorkPlace
from providers.principal import Principal, Role
from providers.types import Health, Status
from service.container import Container, open_container
from service.intake import Intake
from service.library import INGEST, Upload
from service.settings import Settings
from service.spread.post import JOBS
from service.spread.working import ContainerWork, assemble


@dataclass
class ListPost:
    """Keeps messages until a test delivers them; `down` loses them, as a dead broker does."""

    messages: deque[WorkPlace | tuple[str, str]] = field(default_factory=deque)
    down: bool = False

    async def job(self, tenant_id: str, job_id: str) -> None:
        if not self.down:
            self.messages.append((tenant_id, job_id))

    async def document(self, place: WorkPlace) -> None:
        if not self.down:
            self.messages.append(place)

    async def waiting(self, queue: str) -> int | None:
        if self.down:
            return None
        return sum(queue == _queue_of(message) for message in self.messages)

    async def check(self) -> Health:
        return Health(status=Status.READY)

    async def aclose(self) -> None:
        self.messages.clear()

    @property
    def places(self) -> list[WorkPlace]:
        return [message for message in self.messages if isinstance(message, WorkPlace)]


def _queue_of(message: WorkPlace | tuple[str, str]) -> str:
    return message.stage.value if isinstance(message, WorkPlace) else JOBS


class World:
    """A service with two workers; a test says when a message is delivered, and to whom."""

    def __init__(self, container: Container, folder: Path) -> None:
        self.container = container
        self.database = container.database
        self.post = ListPost()
        self.first = assemble(container, self.post)
        self.second = assemble(container, self.post)
        self.principal = Principal(
            tenant_id="acme", subject="alice", roles=frozenset({Role.EDITOR})
        )
        self._folder = folder

    async def submit(self, texts: Sequence[str], sources: Sequence[str] = ()) -> Job:
        """Record an ingestion as the server does; nobody has been told of it yet."""
        objects = self.container.providers.object_store
        assert objects is not None
        names = sources or [f"{number}.md" for number in range(len(texts))]
        uploads = []
        for number, (name, text) in enumerate(zip(names, texts, strict=True)):
            path = self._folder / str(number)
            path.write_text(text, encoding="utf-8")
            uploads.append(Upload(source=name, path=path))
        job_id = f"job-{len(texts)}-{abs(hash(tuple(texts)))}"[:36]
        files = await Intake(objects).store(self.principal, job_id, uploads)
        async with self.database.begin(self.principal) as tx:
            return await tx.jobs.create(
                INGEST,
                {"files": files, "collection": "default"},
                collection="default",
                total=len(files),
                max_attempts=3,
                id=job_id,
            )

    async def deliver(self, work: ContainerWork | None = None) -> WorkPlace | tuple[str, str]:
        """Hand the oldest message to a worker, and wait until it has done its part."""
        message = self.post.messages.popleft()
        worker = work or self.first
        if isinstance(message, WorkPlace):
            await worker.document(message)
        else:
            await worker.job(*message)
        return message

    async def deliver_all(self) -> list[WorkPlace | tuple[str, str]]:
        """Deliver until no message is left, to both workers in turns."""
        delivered: list[WorkPlace | tuple[str, str]] = []
        while self.post.messages:
            worker = (self.first, self.second)[len(delivered) % 2]
            delivered.append(await self.deliver(worker))
        return delivered

    async def start(self, job: Job) -> None:
        """Let a worker look at a job for the first time."""
        await self.first.job(job.tenant_id, job.id)

    async def job(self, job_id: str) -> Job:
        async with self.database.begin(self.principal, read_only=True) as tx:
            found = await tx.jobs.get(job_id)
        assert found is not None
        return found

    async def items(self, job_id: str) -> list[Any]:
        """Return what is left of the job's items, in their order."""
        async with self.database.begin(self.principal, read_only=True) as tx:
            return list(await tx.work.all_of(job_id))

    async def events(self, job_id: str, kind: str) -> list[dict[str, Any]]:
        async with self.database.begin(self.principal, read_only=True) as tx:
            rows = await tx.jobs.events_after(job_id, 0)
        return [row.data for row in rows if row.type == kind]

    async def chunks(self) -> list[str]:
        """Return the texts of all published chunks."""
        async with self.database.begin(self.principal, read_only=True) as tx:
            documents, _ = await tx.documents.list()
            found = [await tx.chunks.of_document(document.id) for document in documents]
        return sorted(chunk.text for chunks in found for chunk in chunks)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Small limits, so that a few documents reach them; no waits before another attempt."""
    celery = settings.jobs.celery.model_copy(update={"max_in_flight": 2, "max_queue_length": 4})
    jobs = {"retry_base_s": 0.0, "heartbeat_s": 0.1, "stale_after_s": 0.3, "celery": celery}
    return settings.model_copy(update={"jobs": settings.jobs.model_copy(update=jobs)})


@pytest.fixture
async def world(settings: Settings, tmp_path: Path, prompt_nodes: None) -> AsyncIterator[World]:
    folder = tmp_path / "uploads"
    folder.mkdir()
    async with open_container(settings) as container:
        yield World(container, folder)
