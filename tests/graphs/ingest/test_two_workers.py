"""Two workers publish versions of one source at once, over servers that both share."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from data.database import Database
from data.migrate import upgrade
from data.models import DocumentStatus
from graphs.ingest.state import IngestProviders
from providers.principal import Principal
from providers.protocols import VectorStore
from providers.vector_store.pgvector import PgvectorStore
from providers.vector_store.pgvector_config import PgvectorConfig

pytestmark = pytest.mark.integration
PARTS = [f"# Part {name}\n\nThe {name} valve opens at {n} bar.\n" for n, name in enumerate("ABCD")]


class Waiting:
    """A vector store whose removal waits until it may go on."""

    def __init__(self, store: VectorStore) -> None:
        self._store = store
        self.arrived, self.may_go_on = asyncio.Event(), asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def delete(self, index: str, tenant_id: str, ids: Sequence[str]) -> None:
        self.arrived.set()
        await self.may_go_on.wait()
        await self._store.delete(index, tenant_id, ids)


@pytest.fixture
def url(postgres: str) -> str:
    name = f"workers_{uuid.uuid4().hex[:12]}"
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    url = str(engine.url.set(database=name).render_as_string(hide_password=False))
    upgrade(url)
    return url


@pytest.fixture
async def workers(
    bench: Any, url: str, principal: Principal, providers: IngestProviders
) -> AsyncIterator[list[Any]]:
    """Two workers, each with connections of its own."""
    made = []
    for _ in range(2):
        store = PgvectorStore(PgvectorConfig.model_validate({"url": url}))
        own = replace(providers, vector_store=store)
        made.append(type(bench)(Database.open(url), own, principal))
    yield made
    for worker in made:
        await worker.providers.vector_store.aclose()
        await worker.database.aclose()


async def needed(worker: Any, document_id: str) -> set[str]:
    async with worker.database.begin(worker.principal, read_only=True) as transaction:
        version = await transaction.documents.published(document_id)
        assert version is not None
        return {chunk.id for chunk in await transaction.chunks.of_version(version.id)}


async def test_a_late_removal_leaves_what_a_newer_version_needs(workers: list[Any]) -> None:
    first, second = workers
    whole, shorter = "".join(PARTS[:3]), "".join(PARTS[:2])
    document = await first.ingest(whole)
    waiting = Waiting(second.providers.vector_store)
    removing = asyncio.create_task(second.using(vector_store=waiting).ingest(shorter))
    await asyncio.wait_for(waiting.arrived.wait(), 20)
    again = await first.ingest(whole + "# End\n\nChecked.\n")
    waiting.may_go_on.set()
    await removing

    assert again.status is DocumentStatus.INDEXED
    wanted = await needed(first, document.document_id)
    assert await first.vector_ids() == wanted
    assert any("C valve" in text for text in await first.find("C valve"))


async def test_versions_at_once_lose_no_vector(workers: list[Any]) -> None:
    document = await workers[0].ingest("".join(PARTS))
    for number in range(6):
        cuts = [PARTS[: 1 + (number + shift) % len(PARTS)] for shift in range(4)]
        texts = [f"{''.join(parts)}# End\n\n{number}.\n" for parts in cuts]
        await asyncio.gather(*(workers[shift % 2].ingest(each) for shift, each in enumerate(texts)))
        wanted = await needed(workers[0], document.document_id)
        assert await workers[0].vector_ids() >= wanted
