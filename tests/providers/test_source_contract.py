"""What every source must do."""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path, PurePosixPath
from typing import Any, cast

import pytest

from providers.errors import TransientProviderError
from providers.protocols import Source
from providers.registry import SOURCE, installed, load
from providers.source.types import (
    Arrival,
    Fetched,
    Gone,
    Unchanged,
    UnchangedBy,
    Validators,
)
from providers.types import Status
from tests.providers.source.crawls import Known, crawl, remember
from tests.providers.source.site import Served
from tests.providers.source.worlds import (
    FolderWorld,
    LocalBucketWorld,
    S3World,
    VendorWorld,
    WebWorld,
    World,
)

CHROMIUM = Path("/usr/bin/chromium")
ITEMS = {
    f"{name}.html": f"<html><head></head><body><p>About {name}.</p></body></html>".encode()
    for name in ("alpha", "beta", "gamma", "delta")
}
CHANGED = b"<html><head></head><body><p>Written anew.</p></body></html>"


@pytest.fixture(
    params=[
        "folder",
        "bucket",
        pytest.param("bucket on s3", marks=pytest.mark.integration),
        "web",
        pytest.param("browser", marks=[pytest.mark.system, pytest.mark.timeout(180)]),
        "vendor_api",
    ]
)
def plugin_world(
    request: pytest.FixtureRequest, tmp_path: Path, served: Served
) -> Iterator[tuple[str, World]]:
    plugin = request.param.split()[0]
    match request.param:
        case "folder":
            yield plugin, FolderWorld(tmp_path / "world")
        case "bucket":
            yield plugin, LocalBucketWorld(tmp_path / "world")
        case "bucket on s3":
            world = S3World(request.getfixturevalue("s3_endpoint"), f"b-{uuid.uuid4()}")
            yield plugin, world
            world.close()
        case "web":
            yield plugin, WebWorld(served)
        case "browser":
            if not CHROMIUM.exists():
                pytest.fail("no Chromium: apt-get install -y chromium", pytrace=False)
            yield plugin, WebWorld(served, executable_path=CHROMIUM, sandbox=False)
        case _:
            yield plugin, VendorWorld(served)


@pytest.fixture
def world(plugin_world: tuple[str, World]) -> World:
    _, found = plugin_world
    for name, data in ITEMS.items():
        found.put(name, data)
    return found


@pytest.fixture
def source(plugin_world: tuple[str, World], world: World) -> Source:
    plugin, _ = plugin_world
    return load(SOURCE, plugin, world.options)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "into"


def files(into: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in into.iterdir()}


def of(kind: type[Any], arrivals: list[Arrival]) -> list[Any]:
    assert {type(arrival) for arrival in arrivals} <= {kind}, arrivals
    return arrivals


async def test_the_first_crawl_brings_every_item(source: Source, into: Path) -> None:
    arrivals = cast(list[Fetched], of(Fetched, await crawl(source, into)))
    assert len({arrival.uri for arrival in arrivals}) == len(ITEMS)
    for arrival in arrivals:
        data = arrival.path.read_bytes()
        assert data in ITEMS.values()
        assert arrival.path.is_relative_to(into)
        assert arrival.size == len(data)
        assert arrival.sha256 == hashlib.sha256(data).hexdigest()
        assert arrival.media_type == "text/html"
        name = PurePosixPath(arrival.name)
        assert name.name in ITEMS
        assert not name.is_absolute() and ".." not in name.parts
    assert len(files(into)) == len(ITEMS)


async def test_what_is_known_is_not_brought_again(source: Source, into: Path) -> None:
    known: Known = {}
    remember(known, await crawl(source, into))
    arrivals = of(Unchanged, await crawl(source, into, known))
    assert {arrival.uri for arrival in arrivals} == set(known)
    assert files(into) == {}


async def test_the_bytes_prove_what_nothing_else_does(source: Source, into: Path) -> None:
    known: Known = {}
    remember(known, await crawl(source, into))
    bare = {uri: Validators(sha256=one.sha256) for uri, one in known.items()}
    arrivals = of(Unchanged, await crawl(source, into, bare))
    assert {arrival.by for arrival in arrivals} == {UnchangedBy.SHA256}
    assert {arrival.etag for arrival in arrivals} == {one.etag for one in known.values()}
    assert files(into) == {}


async def test_what_is_to_be_looked_at_again_is_brought(source: Source, into: Path) -> None:
    known: Known = {}
    remember(known, await crawl(source, into))
    again = of(Fetched, await crawl(source, into, {uri: Validators() for uri in known}))
    assert {arrival.uri for arrival in again} == set(known)


async def test_changed_new_and_gone_items_are_told_apart(
    source: Source, world: World, into: Path
) -> None:
    known: Known = {}
    remember(known, await crawl(source, into))
    world.put("beta.html", CHANGED)
    world.put("zeta.html", CHANGED)
    world.remove("gamma.html")
    arrivals = await crawl(source, into, known)
    named = {arrival.uri.rsplit("/", 1)[-1]: type(arrival) for arrival in arrivals}
    assert named == {
        "alpha.html": Unchanged,
        "beta.html": Fetched,
        "gamma.html": Gone,
        "delta.html": Unchanged,
        "zeta.html": Fetched,
    }
    remember(known, arrivals)
    of(Unchanged, await crawl(source, into, known))


async def test_all_gone_at_once_is_not_believed_of_a_list(
    plugin_world: tuple[str, World], source: Source, world: World, into: Path
) -> None:
    plugin, _ = plugin_world
    known: Known = {}
    remember(known, await crawl(source, into))
    for name in ITEMS:
        world.remove(name)
    if plugin in {"web", "browser"}:  # each page says so itself
        assert len(of(Gone, await crawl(source, into, known))) == len(ITEMS)
        return
    with pytest.raises(TransientProviderError, match="may_be_empty"):
        await crawl(source, into, known)
    meant = load(SOURCE, plugin, {**world.options, "may_be_empty": True})
    assert len(of(Gone, await crawl(meant, into, known))) == len(ITEMS)


async def test_a_crawl_that_was_stopped_goes_on(source: Source, into: Path) -> None:
    known: Known = {}
    first: list[Arrival] = []
    async with aclosing(source.crawl(known, into)) as arrivals:
        async for arrival in arrivals:
            first.append(arrival)
            if len(first) == 2:
                break
    remember(known, first)
    rest = await crawl(source, into, known)
    brought = [arrival.uri for arrival in rest if isinstance(arrival, Fetched)]
    assert len(brought) == len(ITEMS) - 2
    assert not set(brought) & set(known)


async def test_a_repeated_crawl_leaves_the_same_files(source: Source, into: Path) -> None:
    await crawl(source, into)
    once = files(into)
    await crawl(source, into)
    assert files(into) == once


async def test_rules_have_a_version(plugin_world: tuple[str, World], source: Source) -> None:
    plugin, world = plugin_world
    assert source.rules_version == load(SOURCE, plugin, world.options).rules_version
    assert source.rules_version.startswith(f"{plugin}-")
    other = load(SOURCE, plugin, {**world.options, "max_mb": 1})
    assert other.rules_version != source.rules_version


async def test_what_is_too_large_is_left_out(
    plugin_world: tuple[str, World], world: World, into: Path
) -> None:
    plugin, _ = plugin_world
    world.put("beta.html", b"<html>" + b"x" * 3000)
    small = load(SOURCE, plugin, {**world.options, "max_mb": 2000 / 2**20})
    arrivals = await crawl(small, into)
    kinds = {one.uri.rsplit("/", 1)[-1]: type(one).__name__ for one in arrivals}
    assert kinds.pop("beta.html") == "Skipped"
    assert set(kinds.values()) == {"Fetched"}


async def test_health_and_end(source: Source) -> None:
    assert (await source.check()).status is Status.READY
    await source.aclose()
    await source.aclose()


def test_every_installed_source_is_tested() -> None:
    tested = {"folder", "bucket", "web", "browser", "vendor_api"}
    assert set(installed(SOURCE)) == tested | {"push"}  # what partners bring has a test of its own
