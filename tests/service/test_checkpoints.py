"""Checkpoints on both databases: kept, read back, listed, removed, and closed to foreign types."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.base import empty_checkpoint
from sqlalchemy import create_engine, make_url, text

from data.models import DocumentStatus
from graphs.ingest.state import IngestInput, IngestOutcome
from providers.principal import local_principal
from service.checkpoints import FILE, Checkpoints

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.integration)]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/cicerone.db"
    maintenance = make_url(request.getfixturevalue("postgres"))
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS checkpoints_test WITH (FORCE)"))
        connection.execute(text("CREATE DATABASE checkpoints_test"))
    engine.dispose()
    return maintenance.set(database="checkpoints_test").render_as_string(hide_password=False)


async def write(saver: Any, thread_id: str, value: object) -> None:
    config = {"configurable": {"thread_id": thread_id, "checkpoint_ns": ""}}
    checkpoint = {
        **empty_checkpoint(),
        "channel_values": {"value": value},
        "channel_versions": {"value": "1"},
    }
    await saver.aput(config, checkpoint, {"step": 1}, {"value": "1"})


async def read(saver: Any, thread_id: str) -> object:
    found = await saver.aget_tuple({"configurable": {"thread_id": thread_id}})
    return None if found is None else found.checkpoint["channel_values"]["value"]


async def test_checkpoints_survive_a_restart_until_they_are_forgotten(
    url: str, tmp_path: Path
) -> None:
    given = IngestInput(source="a.md", collection="default", data_path=Path("/x/a.md"))
    outcome = IngestOutcome(source="a.md", status=DocumentStatus.INDEXED, chunks=3)
    first = Checkpoints(tmp_path, url)
    await write(await first.saver(), "job:0", given)
    await write(await first.saver(), "job:1", outcome)
    await first.aclose()

    second = Checkpoints(tmp_path, url)
    saver = await second.saver()
    assert await read(saver, "job:0") == given
    assert await read(saver, "job:1") == outcome
    assert sorted(await second.threads()) == ["job:0", "job:1"]
    await second.forget(["job:0"])
    assert await second.threads() == ["job:1"]
    await second.aclose()


async def test_types_that_are_not_ours_are_not_brought_to_life(url: str, tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path, url)
    saver = await checkpoints.saver()
    await write(saver, "job", {"principal": local_principal()})

    found = await read(saver, "job")

    assert "Principal(" not in repr(found)
    await checkpoints.aclose()


async def test_processes_that_start_together_share_the_tables(url: str, tmp_path: Path) -> None:
    several = [Checkpoints(tmp_path, url) for _ in range(4)]

    savers = await asyncio.gather(*(each.saver() for each in several))
    await asyncio.gather(*(write(saver, f"job:{n}", n) for n, saver in enumerate(savers)))

    assert len(await several[0].threads()) == 4
    for each in several:
        await each.aclose()


async def test_nothing_is_opened_before_it_is_needed(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "home", f"sqlite+aiosqlite:///{tmp_path}/home/c.db")
    await checkpoints.aclose()

    assert not (tmp_path / "home" / FILE).exists()
