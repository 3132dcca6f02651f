"""A whole service in a scratch home: every part is real, the embedder needs no model."""

import shutil
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from graphs.ingest.graph import RETRY
from graphs.ingest.graph import build as build_ingest
from service.container import Container, open_container
from service.library import Upload
from service.settings import Settings, load_settings

MANUAL = """# Brisk 12 kettle

## Descaling

Descale the kettle every 60 days. Use 50 ml of citric acid in 1 litre of water.

## Technical data

The Brisk 12 draws 2200 W at 230 V. Its capacity is 1.2 litres.
"""


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a scratch home with the embedder that needs no model."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir()
    shutil.copy(empty_database, tmp_path / "home")
    return load_settings(
        home=tmp_path / "home",
        embedder={"plugin": "hashing"},
        reranker={"plugin": "late_interaction", "enabled": False},
        # The rules alone: how well the guards judge is tested elsewhere.
        guards={"question": ["rules"], "passage": ["rules"]},
    )


@pytest.fixture
def prompt_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a node of ingestion try as often as ever, without seconds in between."""
    quick = RETRY._replace(initial_interval=0.01, jitter=False)
    monkeypatch.setattr("service.workflows.build_ingest", partial(build_ingest, retry=quick))


@pytest.fixture
async def container(settings: Settings) -> AsyncIterator[Container]:
    """An open service."""
    async with open_container(settings) as opened:
        yield opened


@pytest.fixture
def manual(tmp_path: Path) -> Upload:
    """A small manual, ready to be submitted."""
    path = tmp_path / "brisk.md"
    path.write_text(MANUAL, encoding="utf-8")
    return Upload(source="brisk.md", path=path, keep=True)
