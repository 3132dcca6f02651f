"""Ingests many files at once, so that one is parsed while another is embedded."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Iterable, Iterator
from pathlib import Path

import anyio.to_thread

from graphs.ingest import events
from graphs.ingest.graph import IngestGraph, stream_document
from graphs.ingest.naming import display_name
from graphs.ingest.state import IngestInput, IngestOutcome
from providers.principal import Principal

CONCURRENCY = 4
"""Files in work at once: enough to keep the embedder busy while others are parsed and stored."""


async def ingest_all(
    graph: IngestGraph,
    principal: Principal,
    inputs: Iterable[IngestInput],
    concurrency: int = CONCURRENCY,
) -> AsyncGenerator[events.IngestEvent]:
    """Ingest files; yields `document.stage` and `document.finished` events as they come.

    Each file gets exactly one `document.finished`; a bad one never stops the others. Closing
    the iterator stops the work.
    """
    queue: asyncio.Queue[events.IngestEvent | None] = asyncio.Queue()
    task = asyncio.create_task(_Batch(graph, principal, iter(inputs), queue).run(concurrency))
    task.add_done_callback(lambda _: queue.put_nowait(None))
    try:
        while (event := await queue.get()) is not None:
            yield event
        await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Batch:
    """Files in work; those of one source or of equal content go one after the other."""

    def __init__(
        self,
        graph: IngestGraph,
        principal: Principal,
        waiting: Iterator[IngestInput],
        queue: asyncio.Queue[events.IngestEvent | None],
    ) -> None:
        self._graph = graph
        self._principal = principal
        self._waiting = waiting
        self._queue = queue
        self._next = asyncio.Lock()
        self._last: dict[str, asyncio.Event] = {}

    async def run(self, concurrency: int) -> None:
        """Work until no file is left."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(max(1, concurrency)):
                tasks.create_task(self._work())

    async def _work(self) -> None:
        while True:
            async with self._next:
                given = next(self._waiting, None)
                if given is None:
                    return
                before, done = self._take_turn(await _keys(given))
            try:
                for other in before:
                    await other.wait()
                await self._ingest(given)
            finally:
                done.set()

    def _take_turn(self, keys: set[str]) -> tuple[list[asyncio.Event], asyncio.Event]:
        """Queue up behind the last file of each key."""
        before = [self._last[key] for key in keys if key in self._last]
        done = asyncio.Event()
        self._last.update(dict.fromkeys(keys, done))
        return before, done

    async def _ingest(self, given: IngestInput) -> None:
        async for item in stream_document(self._graph, self._principal, given):
            event = events.finished(item) if isinstance(item, IngestOutcome) else item
            self._queue.put_nowait(event)


async def _keys(given: IngestInput) -> set[str]:
    source, digest = display_name(given.source), await _digest(given)
    return {f"source:{given.collection}:{source}", f"content:{given.collection}:{digest}"}


async def _digest(given: IngestInput) -> str:
    if given.data is not None:
        return hashlib.sha256(given.data).hexdigest()
    return await anyio.to_thread.run_sync(_file_digest, given.data_path or Path())


def _file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:  # the run itself reports it
        return str(path)
