"""A home for one evaluation: built once, thrown away, or kept to be used again."""

import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from service.container import Container, open_container
from service.settings import DatabaseSettings, Settings

COLLECTION: Final = "evaluation"
_STAMP: Final = "built.json"
_SHAPING: Final = ("ingest", "embedder", "sparse_encoder", "parser", "vector_store")
"""The settings that change what an index holds."""

Fill = Callable[[Container], Awaitable[dict[str, Any]]]
"""Puts the documents into the collection; what it returns is remembered with the index."""


@asynccontextmanager
async def scratch_container(
    settings: Settings, content: Iterable[bytes], fill: Fill, index_dir: Path | None
) -> AsyncIterator[tuple[Container, dict[str, Any]]]:
    """Open the service over a scratch home that holds some documents.

    Args:
        settings: As for the service; only where it keeps things is replaced.
        content: What the documents are made of; a kept index of the same is used again.
        fill: Indexes them.
        index_dir: Where to keep the index; without it, it is removed at the end.
    """
    if index_dir is None:
        with tempfile.TemporaryDirectory(prefix="cicerone-") as folder:
            async with _filled(settings, Path(folder), fill) as opened:
                yield opened
        return
    home = index_dir / fingerprint(settings, content)
    async with _filled(settings, home, fill) as opened:
        yield opened


@asynccontextmanager
async def _filled(
    settings: Settings, home: Path, fill: Fill
) -> AsyncIterator[tuple[Container, dict[str, Any]]]:
    stamp = home / _STAMP
    async with open_container(scratch_settings(settings, home)) as container:
        if stamp.is_file():
            remembered = json.loads(stamp.read_text(encoding="utf-8"))
        else:
            remembered = await fill(container)
            stamp.write_text(json.dumps(remembered), encoding="utf-8")
        yield container, remembered


def scratch_settings(settings: Settings, home: Path) -> Settings:
    """Keep everything below `home`: an evaluation must not write where the service lives.

    A vector store outside the home stays the one that is configured, since it is under test.
    """
    local = type(settings.object_store)(plugin="obstore")
    return settings.model_copy(
        update={"home": home, "database": DatabaseSettings(), "object_store": local}
    )


def fingerprint(settings: Settings, content: Iterable[bytes]) -> str:
    """Name an index by its content and by the settings that shape it."""
    digest = hashlib.sha256()
    for name in _SHAPING:
        digest.update(getattr(settings, name).model_dump_json().encode())
    for piece in content:
        digest.update(hashlib.sha256(piece).digest())
    return digest.hexdigest()[:16]
