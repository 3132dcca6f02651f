"""Who may work when: a few files at once, and some of them one after the other."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio.to_thread

from graphs.ingest.naming import display_name
from graphs.ingest.state import IngestInput


class Turns:
    """Lets `places` files work at once; those of one source or of equal content queue up."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(max(1, places))
        self._next = asyncio.Lock()
        self._last: dict[str, asyncio.Event] = {}

    @asynccontextmanager
    async def of(self, given: IngestInput) -> AsyncIterator[None]:
        """Wait for the file's turn, in the order in which turns were asked for."""
        async with self._places:
            async with self._next:
                before, done = self._queue_up(await _keys(given))
            try:
                for other in before:
                    await other.wait()
                yield
            finally:
                done.set()

    def _queue_up(self, keys: set[str]) -> tuple[list[asyncio.Event], asyncio.Event]:
        """Stand behind the last file of each key."""
        before = [self._last[key] for key in keys if key in self._last]
        done = asyncio.Event()
        self._last.update(dict.fromkeys(keys, done))
        return before, done


async def _keys(given: IngestInput) -> set[str]:
    source, digest = display_name(given.source), await _digest(given)
    return {f"source:{given.collection}:{source}", f"content:{given.collection}:{digest}"}


async def _digest(given: IngestInput) -> str:
    if given.data is not None:
        return hashlib.sha256(given.data).hexdigest()
    if given.object_key is not None:
        return given.object_key
    return await anyio.to_thread.run_sync(_file_digest, given.data_path or Path())


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # the run itself reports it
        return str(path)
