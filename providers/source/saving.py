"""Writes what is downloaded to a file, piece by piece, within a bound."""

import errno
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from anyio import to_thread

from providers.errors import ProviderError, StorageFullError
from providers.source.fetching.outcomes import LeftOut
from providers.source.types import SkipReason

_BUFFER = 1 << 20
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that was written: its size in bytes and the SHA-256 of its bytes."""

    path: Path
    size: int
    sha256: str


def place_for(uri: str, into: Path, suffix: str = "") -> Path:
    """Return the file of an item: the same item always has the same."""
    digest = hashlib.sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()
    return into / f"{digest[:32]}{suffix}"


async def save(parts: AsyncIterator[bytes], path: Path, *, max_bytes: int) -> Saved:
    """Write the pieces to `path`, which appears when it is complete.

    Raises:
        LeftOut: there are more than `max_bytes`.
        StorageFullError: the disk is full.
    """
    partial = path.with_name(path.name + ".part")
    sink = await to_thread.run_sync(_Sink, partial)
    try:
        buffer = bytearray()
        async for part in parts:
            buffer += part
            if sink.size + len(buffer) > max_bytes:
                raise LeftOut(SkipReason.TOO_LARGE, f"it is larger than {max_bytes} bytes")
            if len(buffer) >= _BUFFER:
                await to_thread.run_sync(sink.write, bytes(buffer))
                buffer.clear()
        return await to_thread.run_sync(sink.finish, bytes(buffer), path)
    finally:
        sink.close()


class _Sink:
    """A file that is being written, and its hash."""

    def __init__(self, partial: Path) -> None:
        self._partial = partial
        self._hash = hashlib.sha256()
        self.size = 0
        with self._written():
            partial.parent.mkdir(parents=True, exist_ok=True)
            self._file: FileIO = FileIO(partial, "wb")

    def write(self, data: bytes) -> None:
        rest = memoryview(data)
        with self._written():
            while rest:
                rest = rest[self._file.write(rest) :]
        self._hash.update(data)
        self.size += len(data)

    def finish(self, data: bytes, path: Path) -> Saved:
        self.write(data)
        with self._written():
            self._file.close()
            os.replace(self._partial, path)
        return Saved(path, self.size, self._hash.hexdigest())

    def close(self) -> None:
        """Close the file, and remove it unless it was finished."""
        self._file.close()
        self._partial.unlink(missing_ok=True)

    @contextmanager
    def _written(self) -> Iterator[None]:
        """Turn the errors of writing into the service's."""
        try:
            yield
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFullError(f"no room left to write {self._partial}") from error
            raise ProviderError(
                f"{self._partial} cannot be written: {error.strerror}; check the folder's rights"
            ) from error
