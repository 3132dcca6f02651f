"""Files are written in pieces, whole or not at all."""

import resource
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from providers.errors import ProviderError, StorageFullError
from providers.source.saving import place_for, save
from providers.source.types import Fetched
from tests.providers.source.crawls import only, web
from tests.providers.source.site import Handler, Served

MIB = 1 << 20


async def pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(MIB)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Let no file grow beyond 3 MiB, as a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 * MIB, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_leaves_nothing_half(small_disk: None, tmp_path: Path) -> None:
    target = tmp_path / "a"
    assert (await save(pieces(2), target, max_bytes=10 * MIB)).size == 2 * MIB
    with pytest.raises(StorageFullError):
        await save(pieces(5), target, max_bytes=10 * MIB)
    assert [path.name for path in list_of(tmp_path)] == ["a"]
    assert target.stat().st_size == 2 * MIB


async def test_a_folder_that_is_none_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ProviderError, match="cannot be written"):
        await save(pieces(1), tmp_path / "file" / "a", max_bytes=MIB)


async def test_a_large_file_is_not_held_in_memory(served: Served, tmp_path: Path) -> None:
    block = bytes(MIB)

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "application/pdf")
        handler.send_header("Content-Length", str(40 * MIB))
        handler.end_headers()
        for _ in range(40):
            handler.write(block)

    served.answers["/a"] = answer
    tracemalloc.start()
    try:
        arrival = await only(web(served, "/a"), tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert isinstance(arrival, Fetched)
    assert arrival.size == 40 * MIB
    assert peak < 12 * MIB


def test_the_same_item_has_the_same_place(tmp_path: Path) -> None:
    assert place_for("http://x/a", tmp_path) == place_for("http://x/a", tmp_path)
    assert place_for("http://x/a", tmp_path) != place_for("http://x/b", tmp_path)
    assert place_for("file:///\udcff", tmp_path).parent == tmp_path


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())
