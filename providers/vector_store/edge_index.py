"""One index on disk: its folder, its open shard, and who may touch them when."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from qdrant_edge import EdgeShard

from providers.errors import ProviderError, StorageFullError, StoreLockedError
from providers.types import IndexSpec
from providers.vector_store.edge_shard import create_shard

R = TypeVar("R")
_SPEC = "spec.json"
_SHARD = "shard"


class EdgeIndex:
    """An index that opens itself when it is first used.

    The engine holds the interpreter's lock during each call, so one lock an index costs
    nothing, and a shard is never closed under a search.
    """

    def __init__(self, folder: Path, hnsw_from: int) -> None:
        self.folder = folder
        self._hnsw_from = hnsw_from
        self._shard: EdgeShard | None = None
        self._lock = threading.RLock()

    def ensure(self, spec: IndexSpec) -> None:
        """Create the index if there is none.

        Raises:
            ProviderError: there is one of another spec.
        """
        with self._lock, engine_errors(self.folder):
            if not self._exists():
                self._create(spec)
            found = IndexSpec(**json.loads((self.folder / _SPEC).read_text("utf-8")))
        if found != spec:
            raise ProviderError(
                f"the vector index {self.folder.name} holds {found}, but {spec} was asked for: "
                "index the documents again with the new embedder"
            )

    def run(self, work: Callable[[EdgeShard], R]) -> R | None:
        """Call `work` with the open shard; None when the index does not exist."""
        with self._lock:
            if not self._exists():
                return None
            with engine_errors(self.folder):
                return work(self._open())

    def drop(self) -> None:
        """Remove the index from disk."""
        with self._lock:
            self.close()
            with engine_errors(self.folder):
                # The spec goes first: without it the folder is no index any more.
                (self.folder / _SPEC).unlink(missing_ok=True)
                shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Flush and close the shard if it is open."""
        with self._lock:
            shard, self._shard = self._shard, None
            if shard is not None:
                with engine_errors(self.folder):
                    shard.flush()
                    shard.close()

    def _exists(self) -> bool:
        return self._shard is not None or (self.folder / _SPEC).is_file()

    def _open(self) -> EdgeShard:
        if self._shard is None:
            self._shard = EdgeShard.load(str(self.folder / _SHARD))
        return self._shard

    def _create(self, spec: IndexSpec) -> None:
        """Make the shard, then the spec: a folder without one is left over and made anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._shard = create_shard(self.folder / _SHARD, spec, self._hnsw_from)
        (self.folder / _SPEC).write_text(json.dumps(asdict(spec)), "utf-8")


@contextmanager
def engine_errors(folder: Path) -> Iterator[None]:
    """Turn what the engine and the disk raise into errors a person can act on.

    The engine raises bare `Exception`s, told apart by their text, and panics that are not
    even that.
    """
    try:
        yield
    except ProviderError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise _translated(folder, str(error)) from error


def _translated(folder: Path, message: str) -> ProviderError:
    if "WouldBlock" in message:
        return StoreLockedError(
            f"the vector store in {folder.parent} is open in another process, and it belongs to "
            "one at a time: stop that process, or talk to the server that is running"
        )
    if "No space left" in message or "StorageFull" in message or "os error 28" in message:
        return StorageFullError(f"no room left on the disk of {folder}: free some and try again")
    return ProviderError(
        f"the vector index in {folder} failed: {message}. If it is damaged, remove the folder "
        "and index the documents again"
    )
