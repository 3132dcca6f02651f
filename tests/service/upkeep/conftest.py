"""Services over either database, and questions about what they hold."""

import asyncio
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from graphs.ingest.running import ingest_document
from graphs.ingest.state import IngestInput
from providers.principal import Principal, local_principal
from service.container import Container, open_container
from service.library import Upload
from service.schemas import JobRead, SearchRequest
from service.settings import load_settings


class Bench:
    """One open service and its local administrator."""

    def __init__(self, container: Container, folder: Path) -> None:
        self.container = container
        self.principal: Principal = local_principal()
        self.folder = folder

    async def submit(self, source: str, text: str, collection: str = "default") -> JobRead:
        upload = self._upload(source, text)
        return await self.container.library.submit(self.principal, collection, [upload])

    def _upload(self, source: str, text: str) -> Upload:
        path = self.folder / f"{uuid.uuid4().hex}.md"
        path.write_text(text, encoding="utf-8")
        return Upload(source=source, path=path, keep=True)

    async def fill(self, texts: Mapping[str, str]) -> None:
        """Ingest texts by source in one job."""
        uploads = [self._upload(source, text) for source, text in texts.items()]
        job = await self.container.library.submit(self.principal, "default", uploads)
        assert (await self.ended(job.job_id)).status.value == "succeeded"

    async def ended(self, job_id: str) -> JobRead:
        async with asyncio.timeout(60):
            # The events end with the job.
            async for _ in self.container.jobs.events(self.principal, job_id):
                pass
            return await self.container.jobs.get(self.principal, job_id)

    async def ingest(self, source: str, text: str, collection: str = "default") -> dict[str, Any]:
        job = await self.ended((await self.submit(source, text, collection)).job_id)
        assert job.result is not None, job
        found: dict[str, Any] = job.result["documents"][0]
        return found

    async def beside(self, source: str, text: str, collection: str = "default") -> None:
        """Ingest beside the jobs that run."""
        graph = self.container.workflows.ingest
        assert graph is not None
        given = IngestInput(source=source, collection=collection, data=text.encode())
        outcome = await ingest_document(graph, self.principal, given)
        assert outcome.status.value == "indexed", outcome

    async def find(self, query: str, collection: str = "default", k: int = 5) -> list[str]:
        """Return the sources that a search shows, best first."""
        request = SearchRequest(query=query, collection=collection, k=k)
        result = await self.container.answering.search(self.principal, request)
        assert result.degraded == []
        return list(dict.fromkeys(hit.source for hit in result.hits))

    async def live_index(self, collection: str = "default") -> str:
        async with self.container.database.begin(self.principal, read_only=True) as tx:
            found = await tx.collections.live_index(collection)
        assert found is not None and found.name is not None
        return found.name

    async def vectors(self, index: str | None = None) -> set[str]:
        store = self.container.providers.vector_store
        assert store is not None
        return set(await store.ids(index or await self.live_index(), self.principal.tenant_id))

    async def objects(self, prefix: str = "") -> list[str]:
        store = self.container.providers.object_store
        assert store is not None
        return await store.keys(prefix)


Open = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def database_url(
    request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path
) -> str | None:
    """URL of an empty database; None is the one in the home folder."""
    if getattr(request, "param", "sqlite") == "sqlite":
        (tmp_path / "home").mkdir()
        shutil.copy(empty_database, tmp_path / "home")
        return None
    made: str = request.getfixturevalue("new_postgres")()
    return made


@pytest.fixture
def open_bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str | None) -> Open:
    """Return a function that opens the service of one home, with some settings."""
    monkeypatch.chdir(tmp_path)

    @asynccontextmanager
    async def opened(**changes: Any) -> AsyncIterator[Bench]:
        database = {} if database_url is None else {"database": {"url": database_url}}
        settings = load_settings(
            **{
                "home": tmp_path / "home",
                "embedder": {"plugin": "hashing"},
                "guards": {"question": ["rules"], "passage": ["rules"]},
                "parser": {"plugin": "text"},
                "reranker": {"plugin": "late_interaction", "enabled": False},
                **database,
                **changes,
            }
        )
        async with open_container(settings) as container:
            yield Bench(container, tmp_path)

    return opened


@pytest.fixture
async def bench(open_bench: Open) -> AsyncIterator[Bench]:
    async with open_bench() as found:
        yield found
