"""Two workers on one PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from data import migrate
from data.database import Database
from data.models import DocumentStatus


@pytest.fixture
async def workers(postgres: str) -> AsyncIterator[list[Database]]:
    maintenance = make_url(postgres)
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS publishing_test WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE publishing_test"))
    engine.dispose()
    url = maintenance.set(database="publishing_test").render_as_string(hide_password=False)
    await asyncio.to_thread(migrate.upgrade, url)
    opened = [Database.open(url) for _ in range(2)]
    yield opened
    for database in opened:
        await database.aclose()


@pytest.mark.integration
async def test_equal_files_of_two_workers_are_published_once(
    bench: Any, workers: list[Database]
) -> None:
    both = [type(bench)(database, bench.providers, bench.principal) for database in workers]
    await both[0].ingest("# First\n\nIt makes the collection.", source="first.md")

    for number in range(12):
        words = f"# Pump {number}\n\nIt moves water, pump {number}."
        outcomes = await asyncio.gather(
            *(
                worker.ingest(words, source=f"{number}-{name}.md")
                for worker, name in zip(both, "ab", strict=True)
            )
        )
        assert {outcome.status for outcome in outcomes} == {
            DocumentStatus.INDEXED,
            DocumentStatus.DUPLICATE,
        }

    assert len(await both[0].vector_ids()) == 13
