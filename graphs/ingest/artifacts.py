"""What the steps of a run leave for each other, outside its state.

A checkpoint then holds keys only, and a run that was killed reads back what it needs. The
keys begin with what an object is: `raw/` the original, `processed/` text and structure,
`derived/` chunks and vectors, which can be made again.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar, cast

import anyio.to_thread

from data.database import Database
from data.models import ArtifactKind
from data.values import NewArtifact
from graphs.errors import ArtifactMissingError
from graphs.ingest import packing
from graphs.ingest.state import IngestState, PreparedChunk
from providers.errors import ObjectNotFoundError
from providers.principal import Principal
from providers.protocols import ObjectStore
from providers.types import IndexPoint, ParsedDocument

T = TypeVar("T")
Pack = Callable[[], bytes]
ROOM_BYTES = 64 << 20
"""What may wait in memory for the next step; what does not fit is read from the store."""
_POINT_BYTES = 4096
"""About what a chunk's vectors take in memory; it only bounds how many wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose an object is, and which version it was made for."""

    principal: Principal
    version_id: str


class Artifacts:
    """Writes results to an object store and hands them to the next step in memory.

    Without a store they live in memory alone, as long as the graph does: a run without
    checkpoints needs no more. `keeps` tells whether people can rely on the objects after
    the run; a scratch store's are removed when the job ends. What is kept has a row in the
    `database`, written before the object is.
    """

    def __init__(
        self,
        store: ObjectStore | None,
        *,
        keeps: bool = True,
        database: Database | None = None,
    ) -> None:
        self._store = store
        self._database = database
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

    async def put_raw(
        self, new: NewArtifact, data: bytes, metadata: Mapping[str, str], owner: Owner
    ) -> None:
        """Keep an original; one that is there already is left as it is."""
        self._hold(new.object_key, data, len(data))
        await self._account([new], owner)
        if self._store is not None:
            await self._store.create(new.object_key, data, metadata=metadata)

    async def raw(self, key: str) -> bytes:
        """Return an original."""
        return await self._get(key, partial(self._read, key))

    async def put_document(
        self, text_key: str, parsed_key: str, document: ParsedDocument, owner: Owner
    ) -> None:
        """Keep a text and its structure, each under a key of its own."""
        self._hold(parsed_key, document, len(document.text))
        await self._pack(
            {
                text_key: partial(str.encode, document.text),
                parsed_key: partial(packing.pack_structure, document),
            },
            owner,
        )

    async def document(self, state: IngestState) -> ParsedDocument:
        """Return the parsed document of a run."""
        text_key, key = state["text_key"], state["parsed_key"]

        async def read() -> ParsedDocument:
            text, structure = await asyncio.gather(self._read(text_key), self._read(key))
            return await anyio.to_thread.run_sync(packing.unpack_document, text, structure)

        return await self._get(key, read)

    async def put_chunks(self, key: str, chunks: list[PreparedChunk], owner: Owner) -> None:
        """Keep the chunks of a version."""
        self._hold(key, chunks, sum(len(chunk.indexed_text) for chunk in chunks))
        await self._pack({key: partial(packing.pack_chunks, chunks)}, owner)

    async def chunks(self, state: IngestState) -> list[PreparedChunk]:
        """Return the chunks of a run."""
        key = state["chunks_key"]
        return await self._get(key, partial(self._unpack, key, packing.unpack_chunks))

    async def put_points(self, key: str, points: list[IndexPoint], owner: Owner) -> None:
        """Keep the vectors of a version."""
        self._hold(key, points, _POINT_BYTES * len(points))
        await self._pack({key: partial(packing.pack_points, points)}, owner)

    async def points(self, key: str) -> list[IndexPoint]:
        """Return the vectors that a run made for one index."""
        return await self._get(key, partial(self._unpack, key, packing.unpack_points))

    def forget(self, state: IngestState) -> None:
        """Let go of what waits in memory for a run that has ended."""
        names = ("raw_key", "parsed_key", "chunks_key", "vectors_key")
        for key in (*map(state.get, names), *state.get("beside", {}).values()):
            self.release(str(key))

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

    async def _read(self, key: str) -> bytes:
        if self._store is None:
            raise ArtifactMissingError(f"{key} is gone: start the run again")
        try:
            return await self._store.get(key)
        except ObjectNotFoundError as error:
            raise ArtifactMissingError(f"{key} is gone: start the run again") from error

    async def _pack(self, packs: Mapping[str, Pack], owner: Owner) -> None:
        """Write objects by their key."""
        if self._store is None:
            return
        packed = await anyio.to_thread.run_sync(_packed, packs)
        await self._account([new for new, _ in packed], owner)
        for new, data in packed:
            await self._store.put(new.object_key, data, metadata={})

    async def _account(self, new: Sequence[NewArtifact], owner: Owner) -> None:
        """Write objects down before they are there, so that none is left without a row."""
        if self._database is not None and self.keeps:
            rows = [replace(each, version_id=owner.version_id) for each in new]
            async with self._database.begin(owner.principal) as transaction:
                await transaction.artifacts.record(*rows)

    async def _unpack(self, key: str, unpack: Callable[[bytes], T]) -> T:
        return await anyio.to_thread.run_sync(unpack, await self._read(key))


def _packed(packs: Mapping[str, Pack]) -> list[tuple[NewArtifact, bytes]]:
    return [_described(key, pack()) for key, pack in packs.items()]


def _described(key: str, data: bytes) -> tuple[NewArtifact, bytes]:
    kind, sha256 = ArtifactKind(key.partition("/")[0]), hashlib.sha256(data).hexdigest()
    return NewArtifact(object_key=key, kind=kind, sha256=sha256, bytes=len(data)), data
