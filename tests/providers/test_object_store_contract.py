"""What every object store must do; the bucket is a real S3 server on this machine."""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from providers.errors import ObjectNotFoundError, ProviderError
from providers.protocols import ObjectStore
from providers.registry import OBJECT_STORE, load
from providers.types import Status

KEY = "raw/acme/2b1f.pdf"
METADATA = {"sha256": "ab" * 32, "name": "Übersicht – 説明.pdf"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> Mapping[str, object]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    client.create_bucket(Bucket="documents")
    for entry in client.list_objects_v2(Bucket="documents").get("Contents", []):
        client.delete_object(Bucket="documents", Key=entry["Key"])
    client.close()
    return {
        "url": "s3://documents/files",
        "options": {"endpoint": endpoint, "region": "us-east-1"},
        "secrets": {"access_key_id": "test", "secret_access_key": "test"},
        "allow_http": True,
    }


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.integration)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    options = {"data_dir": tmp_path}
    if request.param == "s3":
        options = request.getfixturevalue("bucket")
    plugin = load(OBJECT_STORE, "obstore", options)
    yield plugin
    await plugin.aclose()
    await plugin.aclose()


async def test_an_object_comes_back_with_its_metadata(store: ObjectStore) -> None:
    data = bytes(range(256)) * 50
    await store.put(KEY, data, metadata=METADATA)
    assert await store.get(KEY) == data
    info = await store.head(KEY)
    assert (info.key, info.size, dict(info.metadata)) == (KEY, len(data), METADATA)


async def test_the_same_key_again_replaces_all(store: ObjectStore) -> None:
    await store.put(KEY, b"one", metadata=METADATA)
    await store.put(KEY, b"", metadata={})
    assert await store.get(KEY) == b""
    assert (await store.head(KEY)).size == 0
    assert dict((await store.head(KEY)).metadata) == {}


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 3, b"012"), (8, 100, b"89"), (10, 12, b""), (4, 4, b""), (0, 10, b"0123456789")],
)
async def test_ranges_are_half_open_and_end_with_the_object(
    store: ObjectStore, start: int, end: int, expected: bytes
) -> None:
    await store.put(KEY, b"0123456789", metadata={})
    assert await store.read_range(KEY, start, end) == expected


async def test_a_missing_object_is_said_so(store: ObjectStore) -> None:
    with pytest.raises(ObjectNotFoundError):
        await store.get(KEY)
    with pytest.raises(ObjectNotFoundError):
        await store.head(KEY)
    with pytest.raises(ObjectNotFoundError):
        await store.read_range(KEY, 0, 1)
    await store.delete(KEY)


async def test_a_deleted_object_is_gone(store: ObjectStore) -> None:
    await store.put(KEY, b"x", metadata=METADATA)
    await store.delete(KEY)
    assert await store.keys("") == []
    with pytest.raises(ObjectNotFoundError):
        await store.get(KEY)


async def test_keys_lie_below_whole_segments(store: ObjectStore) -> None:
    for key in ("raw/acme/b", "raw/acme/a/1", "raw/acmecorp/c", "other/d"):
        await store.put(key, b"x", metadata=METADATA)
    assert await store.keys("raw/acme") == ["raw/acme/a/1", "raw/acme/b"]
    assert await store.keys("raw/acme/") == ["raw/acme/a/1", "raw/acme/b"]
    assert await store.keys("raw/acm") == []
    assert len(await store.keys("")) == 4


async def test_names_of_any_script(store: ObjectStore) -> None:
    key = "raw/acme/Übersicht & 説明 #1 100%.pdf"
    await store.put(key, b"x", metadata={})
    assert await store.keys("raw") == [key]
    assert await store.get(key) == b"x"


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../up",
        "a/../../up",
        "a//b",
        "a/./b",
        "a\x00b",
        "a\\..\\b",
        "a/",
        "x" * 2000,
        ".metadata/raw/x.json",
        "a\nb",
    ],
)
async def test_a_key_never_escapes(store: ObjectStore, key: str) -> None:
    with pytest.raises(ProviderError, match="key of an object"):
        await store.put(key, b"x", metadata={})
    with pytest.raises(ProviderError):
        await store.get(key)
    with pytest.raises(ProviderError):
        await store.delete(key)


async def test_a_prefix_never_escapes(store: ObjectStore) -> None:
    with pytest.raises(ProviderError):
        await store.keys("../")


async def test_health(store: ObjectStore) -> None:
    assert (await store.check()).status is Status.READY
