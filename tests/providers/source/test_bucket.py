"""What only a bucket has: prefixes, stored types, stamps without tags, errors."""

import os
from pathlib import Path

import pytest

from providers.errors import ProviderError, TransientProviderError
from providers.registry import SOURCE, load
from providers.source.types import Fetched, Unchanged, UnchangedBy, Validators
from providers.types import Status
from tests.providers.source.crawls import crawl, only, outcomes, remember

DOWN = {
    "url": "s3://documents",
    "options": {"endpoint": "http://127.0.0.1:9", "region": "us-east-1"},
    "secrets": {"access_key_id": "test", "secret_access_key": "hidden-key"},
    "allow_http": True,
    "retries": 0,
}


def fill(root: Path) -> None:
    for name in ("manuals/a.pdf", "manuals/old/b.pdf", "manuals/c.txt", "other/d.pdf"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


async def test_prefix_and_patterns(tmp_path: Path) -> None:
    root = tmp_path / "bucket"
    fill(root)
    options = {"url": root.as_uri(), "prefix": "/manuals/", "include": ["*.pdf"]}
    source = load(SOURCE, "bucket", {**options, "exclude": ["old/**"]})
    arrival = await only(source, tmp_path / "into")
    assert isinstance(arrival, Fetched)
    assert (arrival.name, arrival.media_type) == ("manuals/a.pdf", "application/pdf")
    assert arrival.uri == f"{root.as_uri()}/manuals/a.pdf"


async def test_what_the_rules_leave_out_now_is_not_gone(tmp_path: Path) -> None:
    root = tmp_path / "bucket"
    fill(root)
    known: dict[str, Validators] = {}
    remember(known, await crawl(load(SOURCE, "bucket", {"url": root.as_uri()}), tmp_path / "into"))
    source = load(SOURCE, "bucket", {"url": root.as_uri(), "include": ["*.txt"]})
    arrivals = await crawl(source, tmp_path / "into", known)
    assert outcomes(arrivals) == {"Unchanged": 1, "outside": 3}


async def test_date_and_size_prove_it_where_there_are_no_tags(tmp_path: Path) -> None:
    root = tmp_path / "bucket"
    root.mkdir()
    (root / "a").write_text("one")
    source = load(SOURCE, "bucket", {"url": root.as_uri()})
    first = await only(source, tmp_path / "into")
    assert isinstance(first, Fetched)
    assert first.modified_at is not None
    stamp = Validators(last_modified=first.last_modified, size=first.size, sha256=first.sha256)
    arrival = await only(source, tmp_path / "into", {first.uri: stamp})
    assert isinstance(arrival, Unchanged)
    assert arrival.by is UnchangedBy.LAST_MODIFIED
    os.utime(root / "a", (1, 1))
    touched = await only(source, tmp_path / "into", {first.uri: stamp})
    assert isinstance(touched, Unchanged)
    assert touched.by is UnchangedBy.SHA256


async def test_a_bucket_that_is_down_loses_nothing(tmp_path: Path) -> None:
    source = load(SOURCE, "bucket", DOWN)
    health = await source.check()
    assert health.status is Status.UNAVAILABLE
    assert "hidden-key" not in health.detail + source.rules_version + repr(vars(source))
    with pytest.raises(TransientProviderError, match="cannot be listed"):
        await crawl(source, tmp_path, {"s3://documents/a": Validators(sha256="0")})


async def test_an_address_of_no_kind_is_said_so(tmp_path: Path) -> None:
    source = load(SOURCE, "bucket", {"url": "gopher://x"})
    with pytest.raises(ProviderError, match=r"source\.options\.url"):
        await crawl(source, tmp_path)


@pytest.mark.integration
async def test_a_bucket_that_is_not_there_is_said_so(s3_endpoint: str, tmp_path: Path) -> None:
    options = {"endpoint": s3_endpoint, "region": "us-east-1"}
    source = load(SOURCE, "bucket", {**DOWN, "url": "s3://nothing-here", "options": options})
    with pytest.raises(ProviderError, match="nothing-here cannot be listed"):
        await crawl(source, tmp_path)
