"""What only a folder has: hidden files, links, special files, stamps, and events."""

import os
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Any

import anyio
import pytest

from providers.errors import TransientProviderError
from providers.protocols import Source, Watchable
from providers.registry import SOURCE, load
from providers.source.types import (
    Failed,
    Fetched,
    Gone,
    Skipped,
    SkipReason,
    Unchanged,
    UnchangedBy,
    Validators,
)
from providers.types import Status
from tests.providers.source.crawls import crawl, only, outcomes, remember


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"


def source_of(root: Path, **options: Any) -> Source:
    return load(SOURCE, "folder", {"root": root, **options})


def names(arrivals: list[Any]) -> list[str]:
    return [arrival.name for arrival in arrivals if isinstance(arrival, Fetched)]


async def test_hidden_files_and_patterns(root: Path, into: Path) -> None:
    for name in ("a.txt", "b.pdf", "in/c.txt", ".hidden.txt", ".git/d.txt", "in/.e.txt"):
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
    assert names(await crawl(source_of(root), into)) == ["a.txt", "b.pdf", "in/c.txt"]
    assert len(names(await crawl(source_of(root, hidden=True), into))) == 6
    assert names(await crawl(source_of(root, include=["*.txt"]), into)) == ["a.txt", "in/c.txt"]
    assert names(await crawl(source_of(root, exclude=["in"]), into)) == ["a.txt", "b.pdf"]


async def test_an_unchanged_file_is_not_even_opened(root: Path, into: Path) -> None:
    path = root / "a.txt"
    path.write_text("one")
    known: dict[str, Validators] = {}
    remember(known, await crawl(source_of(root), into))
    path.chmod(0)
    before = path.stat().st_atime_ns
    arrival = await only(source_of(root), into, known)
    assert isinstance(arrival, Unchanged)
    assert arrival.by is UnchangedBy.STAT
    assert path.stat().st_atime_ns == before


async def test_a_touched_file_is_compared_by_its_bytes(root: Path, into: Path) -> None:
    path = root / "a.txt"
    path.write_text("one")
    known: dict[str, Validators] = {}
    remember(known, await crawl(source_of(root), into))
    os.utime(path, (1, 1))
    arrival = await only(source_of(root), into, known)
    assert isinstance(arrival, Unchanged)
    assert arrival.by is UnchangedBy.SHA256
    assert arrival.last_modified == "1970-01-01T00:00:01+00:00"


async def test_links_do_not_lead_out(root: Path, into: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "secret.txt").write_text("secret")
    (root / "real.txt").write_text("real")
    (root / "alias.txt").symlink_to("real.txt")
    (root / "out.txt").symlink_to(tmp_path / "secret.txt")
    (root / "broken.txt").symlink_to("nothing")
    (root / "loop").symlink_to(root, target_is_directory=True)
    (root / "outside").symlink_to(tmp_path / "folder", target_is_directory=True)
    arrivals = await crawl(source_of(root), into)
    assert names(arrivals) == ["alias.txt", "real.txt"]
    left_out = [one for one in arrivals if isinstance(one, Skipped)]
    assert [one.reason for one in left_out] == [SkipReason.OUTSIDE] * len(left_out)
    assert {Path(one.uri).name for one in left_out} >= {"out.txt"}


async def test_what_is_no_file_does_not_hang(root: Path, into: Path) -> None:
    os.mkfifo(root / "pipe.txt")
    (root / "a.txt").write_text("one")
    with anyio.fail_after(5):
        assert names(await crawl(source_of(root), into)) == ["a.txt"]


async def test_names_of_any_bytes(root: Path, into: Path) -> None:
    for name in ("Übersicht #1 100%.txt".encode(), b"bad\xff.txt", b"line\nbreak.txt"):
        (root / os.fsdecode(name)).write_text("x")
    known: dict[str, Validators] = {}
    arrivals = await crawl(source_of(root), into)
    assert sorted(names(arrivals)) == [
        "bad?.txt".replace("?", "_"),
        "line_break.txt",
        "Übersicht #1 100%.txt",
    ]
    remember(known, arrivals)
    assert outcomes(await crawl(source_of(root), into, known)) == {"Unchanged": 3}


async def test_what_the_rules_leave_out_now_is_not_gone(root: Path, into: Path) -> None:
    for name in ("a.txt", "b.pdf", "c.txt"):
        (root / name).write_text(name)
    known: dict[str, Validators] = {}
    remember(known, await crawl(source_of(root), into))
    (root / "c.txt").unlink()
    arrivals = await crawl(source_of(root, include=["*.txt"]), into, known)
    kinds = {Path(one.uri).name: type(one) for one in arrivals}
    assert kinds == {"a.txt": Unchanged, "b.pdf": Skipped, "c.txt": Gone}


async def test_a_disk_that_is_not_mounted_loses_nothing(root: Path, into: Path) -> None:
    (root / "a.txt").write_text("one")
    known: dict[str, Validators] = {}
    remember(known, await crawl(source_of(root), into))
    (root / "a.txt").unlink()
    with pytest.raises(TransientProviderError, match="may_be_empty"):
        await crawl(source_of(root), into, known)
    meant = await only(source_of(root, may_be_empty=True), into, known)
    assert isinstance(meant, Gone)
    shutil.rmtree(root)
    with pytest.raises(TransientProviderError, match="cannot be listed"):
        await crawl(source_of(root, may_be_empty=True), into, known)
    assert (await source_of(root).check()).status is Status.UNAVAILABLE


async def test_a_file_that_grows_while_it_is_read_waits(root: Path, into: Path) -> None:
    path = root / "a.bin"
    path.write_bytes(bytes(30_000_000))
    source = source_of(root)
    done = anyio.Event()

    async def grow() -> None:
        while not done.is_set():
            with path.open("ab") as file:
                file.write(b"more")
            await anyio.sleep(0.001)

    async with anyio.create_task_group() as group:
        group.start_soon(grow)
        arrival = await only(source, into)
        done.set()
    assert isinstance(arrival, Failed)
    assert arrival.transient
    assert list_of(into) == []


async def test_changes_are_told(root: Path) -> None:
    source = source_of(root, debounce_ms=50, include=["*.txt"])
    assert isinstance(source, Watchable)
    told: list[frozenset[str]] = []

    async def write() -> None:
        while not told:
            (root / "a.txt").write_text("one")
            (root / "b.pdf").write_text("two")
            (root / ".c.txt").write_text("three")
            await anyio.sleep(0.2)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(write)
            async with aclosing(source.watch()) as changes:
                async for uris in changes:
                    told.append(uris)
                    break
    assert told == [frozenset({(root / "a.txt").as_uri()})]


async def test_a_folder_that_comes_is_told(root: Path, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "a.txt").write_text("one")
    source = source_of(root, debounce_ms=50, include=["*.txt"])
    assert isinstance(source, Watchable)
    told: list[frozenset[str]] = []

    async def move() -> None:
        for number in range(100):
            if told:
                return
            shutil.copytree(tmp_path / "new", root / f"new-{number}")
            await anyio.sleep(0.2)

    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(move)
            async with aclosing(source.watch()) as changes:
                async for uris in changes:
                    told.append(uris)
                    break
    assert any("/new-" in uri for uri in told[0])


def list_of(folder: Path) -> list[Path]:
    return list(folder.iterdir())
