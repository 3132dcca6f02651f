"""One index on disk: its folder, its open shard, and who may touch them when."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from qdrant_edge import EdgeShard

from providers.errors import ProviderError, StorageFullError, StoreLockedError
from providers.types import IndexSpec
from providers.vector_store.edge_rebuild import optimize_elsewhere
from providers.vector_store.edge_shard import create_shard
from providers.vector_store.sparse_copy import copy_sparse

R = TypeVar("R")
Write = Callable[[EdgeShard], None]

_MANIFEST = "index.json"
_FLUSH_EVERY = 2_000
"""Points written before the shard is flushed; the write-ahead log holds them until then."""
_BLOCK_BYTES = 512
"""Unit of `st_blocks`: the engine's files are sparse, their lengths say little."""
_GROWTH = 0.2
"""Share of new points from which the graph is built again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLimits:
    """Bounds of an index.

    `graph_from`: points from which a graph is built. `min_free_bytes`: room that must be
    left on the disk; the engine writes through memory maps, and a full disk would end the
    process.
    """

    graph_from: int
    min_free_bytes: int


class EdgeIndex:
    """An index that opens itself when it is first used.

    The engine holds the interpreter's lock during each call, so one lock an index costs
    nothing, and a shard is never closed under a search.
    """

    def __init__(self, folder: Path, limits: EdgeLimits) -> None:
        self.folder = folder
        self._limits = limits
        self._shard: EdgeShard | None = None
        self._lock = threading.RLock()
        self._rebuilding = threading.Lock()
        self._closing = threading.Event()
        self._journal: list[Write] | None = None
        self._unflushed = 0
        self._ungraphed = 0

    def ensure(self, spec: IndexSpec) -> None:
        """Create the index if there is none.

        Raises:
            ProviderError: there is one of another spec.
        """
        with self._lock, engine_errors(self.folder):
            if not self._exists():
                self._create(spec)
            found = IndexSpec(**self._manifest()["spec"])
        if found != spec:
            raise ProviderError(
                f"the vector index {self.folder.name} holds {found}, but {spec} was asked for: "
                "index the documents again with the new embedder"
            )

    def read(self, work: Callable[[EdgeShard], R]) -> R | None:
        """Call `work` with the open shard; None when the index does not exist."""
        with self._lock:
            if not self._exists():
                return None
            with engine_errors(self.folder):
                return work(self._open())

    def write(self, work: Write, points: int) -> bool:
        """Apply `work`, which changes about `points` points; False when there is no index.

        Raises:
            StorageFullError: less room is left on the disk than `min_free_bytes`.
        """
        with self._lock:
            if not self._exists():
                return False
            with engine_errors(self.folder):
                self._need_room()
                shard = self._open()
                work(shard)
                if self._journal is not None:
                    self._journal.append(work)
                self._unflushed += points
                self._ungraphed += points
                if self._unflushed >= _FLUSH_EVERY:
                    self._flush()
        return True

    def optimize(self) -> None:
        """Flush, and build the graph anew when enough points have none."""
        with self._rebuilding:
            self._closing.clear()
            with self._lock:
                if not self._exists():
                    return
                with engine_errors(self.folder):
                    total = self._open().info().points_count
                    self._flush()
                    due = self._ungraphed >= max(self._limits.graph_from, total * _GROWTH)
            if due:
                self._rebuild()

    def drop(self) -> None:
        """Remove the index from disk."""
        self._closing.set()
        with self._rebuilding, self._lock:
            self.close()
            with engine_errors(self.folder):
                # The manifest goes first: without it the folder is no index any more.
                (self.folder / _MANIFEST).unlink(missing_ok=True)
                shutil.rmtree(self.folder, ignore_errors=True)

    def close(self) -> None:
        """Flush and close the shard if it is open; a graph being built is given up."""
        self._closing.set()
        with self._lock:
            if self._shard is not None:
                with engine_errors(self.folder):
                    self._flush()
                    self._shard.close()
                self._shard = None

    def _rebuild(self) -> None:
        """Build the graph on a copy in another process, then put the copy in place.

        The engine would hold the interpreter's lock for as long as it builds (a minute for
        100,000 points). Searches go on meanwhile, and writes are applied to both.
        """
        name = f"shard-{uuid4().hex[:8]}"
        copy = self.folder / name
        try:
            with self._lock, engine_errors(self.folder):
                old = self.folder / self._manifest()["shard"]
                self._need_room(
                    sum(file.stat().st_blocks for file in old.rglob("*")) * _BLOCK_BYTES
                )
                self._flush()
                shutil.copytree(old, copy, copy_function=copy_sparse)
                self._journal = []
            if optimize_elsewhere(copy, self._closing):
                with self._lock, engine_errors(self.folder):
                    self._replace(name)
        finally:
            with self._lock:
                self._journal = None
                if self._exists() and self._manifest()["shard"] != name:
                    shutil.rmtree(copy, ignore_errors=True)

    def _replace(self, name: str) -> None:
        """Bring the copy up to date and make it the index."""
        fresh = EdgeShard.load(str(self.folder / name))
        for work in self._journal or []:
            work(fresh)
        fresh.flush()
        old = self.folder / self._manifest()["shard"]
        self._write_manifest(IndexSpec(**self._manifest()["spec"]), name)
        if self._shard is not None:
            self._shard.close()
        self._shard, self._ungraphed = fresh, 0
        if self._closing.is_set():  # the store was closed while the copy was finished
            self.close()
        shutil.rmtree(old, ignore_errors=True)

    def _exists(self) -> bool:
        return self._shard is not None or (self.folder / _MANIFEST).is_file()

    def _open(self) -> EdgeShard:
        if self._shard is None:
            name = self._manifest()["shard"]
            self._shard = EdgeShard.load(str(self.folder / name))
            for left_over in self.folder.glob("shard-*"):
                if left_over.name != name:
                    shutil.rmtree(left_over, ignore_errors=True)
            info = self._shard.info()
            # A shard that was never optimized is one segment, which has no graph.
            self._ungraphed = info.points_count if info.segments_count == 1 else 0
        return self._shard

    def _create(self, spec: IndexSpec) -> None:
        """Make the shard, then the manifest: a folder without one is left over, made anew."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._need_room()
        name = f"shard-{uuid4().hex[:8]}"
        self._shard = create_shard(self.folder / name, spec, self._limits.graph_from)
        self._write_manifest(spec, name)

    def _manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / _MANIFEST).read_text("utf-8"))
        return found

    def _write_manifest(self, spec: IndexSpec, shard: str) -> None:
        """Replace the manifest in one step."""
        fresh = self.folder / f"{_MANIFEST}.new"
        fresh.write_text(json.dumps({"spec": asdict(spec), "shard": shard}), "utf-8")
        fresh.replace(self.folder / _MANIFEST)

    def _flush(self) -> None:
        if self._shard is not None:
            self._shard.flush()
            self._unflushed = 0

    def _need_room(self, extra_bytes: int = 0) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < self._limits.min_free_bytes + extra_bytes:
            raise StorageFullError(
                f"only {free >> 20} MiB left on the disk of {self.folder}: free some and try again"
            )


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
