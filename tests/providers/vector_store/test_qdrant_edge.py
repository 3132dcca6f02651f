"""What only the embedded store does: files, one owner, the graph."""

import signal
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import anyio
import numpy as np
import pytest

from providers.errors import ProviderError, StorageFullError, StoreLockedError
from providers.types import IndexPoint, IndexSpec, Status, VectorQuery
from providers.vector_store.edge_rebuild import optimize_elsewhere
from providers.vector_store.qdrant_edge import QdrantEdgeConfig, QdrantEdgeStore

SPEC = IndexSpec(dimensions=16, sparse=False)


def points(count: int, start: int = 0) -> list[IndexPoint]:
    rows = np.random.default_rng(start).normal(size=(count, 16)).astype(np.float32)
    return [
        IndexPoint(id=str(uuid.UUID(int=start + n + 1)), document_id="d", dense=row, sparse=None)
        for n, row in enumerate(rows)
    ]


def open_store(folder: Path, **options: int) -> QdrantEdgeStore:
    return QdrantEdgeStore(QdrantEdgeConfig(data_dir=folder, **options))


async def test_points_survive_closing(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(10))
    await store.aclose()
    again = open_store(tmp_path)
    assert await again.count("c1", "t") == 10
    with pytest.raises(ProviderError, match="index the documents again"):
        await again.ensure("c1", IndexSpec(dimensions=8, sparse=False))
    await again.aclose()


WRITE_AND_DIE = """
import asyncio, os, signal, sys, uuid
from pathlib import Path
import numpy as np
from providers.types import IndexPoint, IndexSpec
from providers.vector_store.edge_rebuild import optimize_elsewhere
from providers.vector_store.qdrant_edge import QdrantEdgeConfig, QdrantEdgeStore

async def main():
    store = QdrantEdgeStore(QdrantEdgeConfig(data_dir=Path(sys.argv[1])))
    await store.ensure("c1", IndexSpec(dimensions=16, sparse=False))
    row = np.ones(16, dtype=np.float32)
    ids = [str(uuid.UUID(int=number)) for number in range(1, 11)]
    points = [IndexPoint(id=id_, document_id="d", dense=row, sparse=None) for id_ in ids]
    await store.upsert("c1", "t", points)
    await store.delete("c1", "t", ids[:1])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def write_and_die(folder: Path) -> int:
    command = [sys.executable, "-c", WRITE_AND_DIE, str(folder)]
    return subprocess.run(command, env={"PYTHONPATH": "."}, check=False).returncode


async def test_writes_survive_a_killed_process(tmp_path: Path) -> None:
    assert write_and_die(tmp_path) == -signal.SIGKILL
    store = open_store(tmp_path)
    assert await store.count("c1", "t") == 9
    await store.aclose()


async def test_a_second_process_is_told_who_owns_the_store(tmp_path: Path) -> None:
    first = open_store(tmp_path)
    await first.ensure("c1", SPEC)
    second = open_store(tmp_path)  # the engine's lock is the file's: it holds within a process too
    with pytest.raises(StoreLockedError, match="open in another process"):
        await second.count("c1", "t")
    health = await second.check()
    assert health.status is Status.UNAVAILABLE
    assert "stop that process" in health.detail
    await first.aclose()
    assert await second.count("c1", "t") == 0
    await second.aclose()


async def test_a_damaged_index_is_said_so(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await store.ensure("c1", SPEC)
    await store.aclose()
    (config,) = (tmp_path / "vectors" / "c1").glob("shard-*/edge_config.json")
    config.write_text("{", "utf-8")
    with pytest.raises(ProviderError, match="index the documents again"):
        await open_store(tmp_path).count("c1", "t")


async def test_a_half_made_index_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "vectors" / "c1" / "shard-0"
    folder.mkdir(parents=True)
    (folder / "rest").write_text("x", "utf-8")
    store = open_store(tmp_path)
    assert await store.count("c1", "t") == 0
    await store.ensure("c1", SPEC)
    assert not folder.exists()
    await store.aclose()


async def test_a_full_disk_refuses_writes_but_not_searches(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(3))
    await store.aclose()
    full = open_store(tmp_path, min_free_mib=1 << 40)
    with pytest.raises(StorageFullError, match="MiB left"):
        await full.upsert("c1", "t", points(1, start=50))
    with pytest.raises(StorageFullError):
        await full.ensure("c2", SPEC)
    found = await full.search("c1", "t", VectorQuery(dense=points(1)[0].dense))
    assert len(found.dense) == 3
    await full.aclose()


async def test_optimize_builds_the_graph_once_and_keeps_everything(tmp_path: Path) -> None:
    store = open_store(tmp_path, graph_from=1_000)
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(1_500))
    before = sorted(path.name for path in (tmp_path / "vectors" / "c1").glob("shard-*"))
    async with anyio.create_task_group() as group:
        group.start_soon(store.optimize, "c1")
        await anyio.sleep(0.1)  # the other process builds while these are written
        await store.upsert("c1", "t", points(5, start=5_000))
        await store.delete("c1", "t", [str(uuid.UUID(int=1))])
    after = sorted(path.name for path in (tmp_path / "vectors" / "c1").glob("shard-*"))
    assert len(before) == len(after) == 1
    assert before != after
    assert await store.count("c1", "t") == 1_504
    wanted = points(1_500)[700]
    found = await store.search("c1", "t", VectorQuery(dense=wanted.dense, limit=1))
    assert found.dense[0].id == wanted.id
    started = time.perf_counter()
    await store.optimize("c1")
    assert time.perf_counter() - started < 0.2
    assert sorted(path.name for path in (tmp_path / "vectors" / "c1").glob("shard-*")) == after
    await store.aclose()
    again = open_store(tmp_path, graph_from=1_000)
    assert await again.count("c1", "t") == 1_504
    await again.aclose()


async def test_closing_gives_up_the_graph_and_keeps_the_points(tmp_path: Path) -> None:
    store = open_store(tmp_path, graph_from=1_000)
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(3_000))
    async with anyio.create_task_group() as group:
        group.start_soon(store.optimize, "c1")
        await anyio.sleep(0.15)
        await store.aclose()
    again = open_store(tmp_path, graph_from=1_000)
    assert await again.count("c1", "t") == 3_000
    assert len(list((tmp_path / "vectors" / "c1").glob("shard-*"))) == 1
    await again.aclose()


async def test_a_graph_that_cannot_be_built_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "vectors" / "c1" / "shard").mkdir(parents=True)
    with pytest.raises(ProviderError, match="was not built"):
        optimize_elsewhere(tmp_path / "vectors" / "c1" / "shard", threading.Event())


async def test_optimize_does_not_stop_the_interpreter(tmp_path: Path) -> None:
    store = open_store(tmp_path, graph_from=1_000)
    await store.ensure("c1", SPEC)
    await store.upsert("c1", "t", points(4_000))
    gaps: list[float] = []
    done = threading.Event()

    def tick() -> None:
        last = time.perf_counter()
        while not done.is_set():
            time.sleep(0.002)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    ticker = threading.Thread(target=tick)
    ticker.start()
    await store.optimize("c1")
    done.set()
    ticker.join()
    assert max(gaps) < 0.5  # in this process it would be seconds
    await store.aclose()
