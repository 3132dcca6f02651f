"""What every object store must do; the bucket is a real S3 server on this machine."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

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
def client(endpoint: str) -> Iterator[Any]:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    opened = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", **keys)
    yield opened
    opened.close()


@pytest.fixture
def bucket(endpoint: str, client: Any) -> Mapping[str, Any]:
    client.create_bucket(Bucket="documents")
    for entry in client.list_objects_v2(Bucket="documents").get("Contents", []):
        client.delete_object(Bucket="documents", Key=entry["Key"])
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


async def test_what_is_there_is_not_written_again(store: ObjectStore) -> None:
    assert await store.create(KEY, b"one", metadata=METADATA)
    assert not await store.create(KEY, b"two", metadata={})
    assert await store.get(KEY) == b"one"
    assert dict((await store.head(KEY)).metadata) == METADATA


async def test_a_large_object_is_written_once_too(store: ObjectStore) -> None:
    data = bytes(6 << 20)
    assert await store.create(KEY, data, metadata=METADATA)
    assert not await store.create(KEY, data[:1], metadata=METADATA)
    assert (await store.head(KEY)).size == len(data)


async def test_one_of_many_writers_creates(store: ObjectStore) -> None:
    async def write(number: int) -> bool:
        return await store.create(KEY, str(number).encode(), metadata={"writer": str(number)})

    written = await asyncio.gather(*map(write, range(8)))
    assert written.count(True) == 1
    assert await store.get(KEY) == str(written.index(True)).encode()


async def test_a_cold_object_reads_as_before(store: ObjectStore) -> None:
    await store.put(KEY, b"0123456789", metadata=METADATA)
    for _ in range(2):
        await store.cool(KEY)
        assert await store.get(KEY) == b"0123456789"
    assert await store.read_range(KEY, 2, 4) == b"23"
    info = await store.head(KEY)
    assert (info.key, info.size, dict(info.metadata)) == (KEY, 10, METADATA)
    assert await store.keys("raw/acme") == [KEY] == await store.keys("")
    assert not await store.create(KEY, b"other", metadata={})


async def test_a_cold_object_can_be_replaced_and_deleted(store: ObjectStore) -> None:
    await store.put(KEY, b"one", metadata=METADATA)
    await store.cool(KEY)
    await store.put(KEY, b"two", metadata=METADATA)
    assert await store.get(KEY) == b"two"
    await store.cool(KEY)
    await store.delete(KEY)
    assert await store.keys("") == []
    with pytest.raises(ObjectNotFoundError):
        await store.cool(KEY)


async def test_entries_say_how_large_and_how_old(store: ObjectStore) -> None:
    await store.put(KEY, b"123", metadata=METADATA)
    await store.put("raw/acme/0", b"1", metadata={})
    await store.cool("raw/acme/0")
    first, second = await store.entries("raw")
    assert [(first.key, first.size), (second.key, second.size)] == [("raw/acme/0", 1), (KEY, 3)]
    assert abs(datetime.now(UTC) - second.modified) < timedelta(minutes=1)
    assert second.modified == (await store.head(KEY)).modified


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
        "cold/raw/x",
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


@pytest.mark.integration
@pytest.mark.parametrize(
    ("encryption", "asked"), [(None, "AES256"), ("kms", "aws:kms"), ("none", None)]
)
async def test_a_bucket_is_asked_to_encrypt(
    bucket: Mapping[str, Any], client: Any, encryption: str | None, asked: str | None
) -> None:
    chosen = {} if encryption is None else {"encryption": encryption}
    store = load(OBJECT_STORE, "obstore", {**bucket, **chosen})
    await store.put(KEY, b"x", metadata=METADATA)
    # The server itself encrypts with AES256 when nobody asks; only the request tells.
    found = client.head_object(Bucket="documents", Key=f"files/{KEY}")
    assert found.get("ServerSideEncryption") == asked


@pytest.mark.integration
async def test_a_cold_object_of_a_bucket_has_another_class(
    bucket: Mapping[str, Any], client: Any
) -> None:
    store = load(OBJECT_STORE, "obstore", bucket)
    await store.create(KEY, b"x", metadata=METADATA)
    await store.cool(KEY)
    found = client.head_object(Bucket="documents", Key=f"files/{KEY}")
    assert (found["StorageClass"], found["ServerSideEncryption"]) == ("GLACIER_IR", "AES256")


async def test_health(store: ObjectStore) -> None:
    assert (await store.check()).status is Status.READY
