"""What the steps of a run leave for each other, outside its state.

A checkpoint then holds keys only, and a run that was killed reads back what it needs. The
keys begin with what an object is: `raw/` the original, `processed/` text and structure,
`derived/` chunks and vectors, which can be made again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar, cast

import anyio.to_thread

from graphs.errors import ArtifactMissingError
from graphs.ingest import packing
from graphs.ingest.state import IngestState, PreparedChunk
from providers.errors import ObjectNotFoundError
from providers.protocols import ObjectStore
from providers.types import IndexPoint, ParsedDocument

T = TypeVar("T")
ROOM_BYTES = 64 << 20
"""What may wait in memory for the next step; what does not fit is read from the store."""
_POINT_BYTES = 4096
"""About what a chunk's vectors take in memory; it only bounds how many wait."""


class Artifacts:
    """Writes results to an object store and hands them to the next step in memory.

    Without a store they live in memory alone, as long as the graph does: a run without
    checkpoints needs no more. `keeps` tells whether people can rely on the objects after
    the run; a scratch store's are removed when the job ends.
    """

    def __init__(self, store: ObjectStore | None, *, keeps: bool = True) -> None:
        self._store = store
        self.keeps = keeps and store is not None
        self._held: OrderedDict[str, tuple[int, Any]] = OrderedDict()
        self._bytes = 0

    def hold(self, key: str, data: bytes) -> None:
        """Hand an original to the step that stores it."""
        self._hold(key, data, len(data))

    def held(self, key: str) -> bytes | None:
        """Return an original that waits in memory."""
        found: bytes | None = self._held.get(key, (0, None))[1]
        return found

    async def put_raw(self, key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        """Keep an original."""
        self._hold(key, data, len(data))
        await self._put(key, data, metadata)

    async def raw(self, key: str) -> bytes:
        """Return an original."""
        return await self._get(key, partial(self._read, key))

    async def put_document(self, text_key: str, parsed_key: str, document: ParsedDocument) -> None:
        """Keep a text and its structure, each under a key of its own."""
        self._hold(parsed_key, document, len(document.text))
        await asyncio.gather(
            self._put(text_key, document.text.encode(), {}),
            self._pack(parsed_key, packing.pack_structure, document),
        )

    async def document(self, state: IngestState) -> ParsedDocument:
        """Return the parsed document of a run."""
        text_key, key = state["text_key"], state["parsed_key"]

        async def read() -> ParsedDocument:
            text, structure = await asyncio.gather(self._read(text_key), self._read(key))
            return await anyio.to_thread.run_sync(packing.unpack_document, text, structure)

        return await self._get(key, read)

    async def put_chunks(self, key: str, chunks: list[PreparedChunk]) -> None:
        """Keep the chunks of a version."""
        self._hold(key, chunks, sum(len(chunk.indexed_text) for chunk in chunks))
        await self._pack(key, packing.pack_chunks, chunks)

    async def chunks(self, state: IngestState) -> list[PreparedChunk]:
        """Return the chunks of a run."""
        key = state["chunks_key"]
        return await self._get(key, partial(self._unpack, key, packing.unpack_chunks))

    async def put_points(self, key: str, points: list[IndexPoint]) -> None:
        """Keep the vectors of a version."""
        self._hold(key, points, _POINT_BYTES * len(points))
        await self._pack(key, packing.pack_points, points)

    async def points(self, state: IngestState) -> list[IndexPoint]:
        """Return the vectors of a run; none when it has not got that far."""
        key = state.get("vectors_key")
        if key is None:
            return []
        return await self._get(key, partial(self._unpack, key, packing.unpack_points))

    def forget(self, state: IngestState) -> None:
        """Let go of what waits in memory for a run that has ended."""
        for name in ("raw_key", "parsed_key", "chunks_key", "vectors_key"):
            self.release(str(state.get(name)))

    def release(self, key: str) -> None:
        """Let go of what waits in memory, when it can be read again."""
        if self._store is not None:
            self._bytes -= self._held.pop(key, (0, None))[0]

    def _hold(self, key: str, value: object, size: int) -> None:
        self._bytes += size - self._held.pop(key, (0, None))[0]
        self._held[key] = size, value
        while self._bytes > ROOM_BYTES and self._store is not None:
            oldest = next(iter(self._held))
            self.release(oldest)

    async def _get(self, key: str, read: Callable[[], Awaitable[T]]) -> T:
        found = self._held.get(key)
        return await read() if found is None else cast("T", found[1])

    async def _put(self, key: str, data: bytes, metadata: Mapping[str, str]) -> None:
        if self._store is not None:
            await self._store.put(key, data, metadata=metadata)

    async def _read(self, key: str) -> bytes:
        if self._store is None:
            raise ArtifactMissingError(f"{key} is gone: start the run again")
        try:
            return await self._store.get(key)
        except ObjectNotFoundError as error:
            raise ArtifactMissingError(f"{key} is gone: start the run again") from error

    async def _pack(self, key: str, pack: Callable[[T], bytes], value: T) -> None:
        if self._store is not None:
            await self._put(key, await anyio.to_thread.run_sync(pack, value), {})

    async def _unpack(self, key: str, unpack: Callable[[bytes], T]) -> T:
        return await anyio.to_thread.run_sync(unpack, await self._read(key))
