"""Keeps files in a local folder or a bucket of S3, Google Cloud Storage or Azure."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import obstore
from anyio import to_thread
from obstore.exceptions import BaseError, GenericError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore, ObjectStore, from_url
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from providers.errors import (
    ObjectNotFoundError,
    ProviderError,
    StorageFullError,
    TransientProviderError,
)
from providers.object_store.keys import METADATA_PREFIX, valid_key
from providers.types import Health, ObjectInfo, Status

_ATTRIBUTE = "cicerone"
_CONNECT_TIMEOUT = timedelta(seconds=5)
_TIMEOUT = timedelta(seconds=60)


class ObstoreConfig(BaseModel):
    """Options of the `obstore` store.

    Without `url` files lie below `data_dir/objects`. With one (`s3://bucket/prefix`,
    `gs://…`, `az://…`) `options` and `secrets` hold the bucket's settings under obstore's
    names (`endpoint`, `region`, `access_key_id`, `secret_access_key`, …).
    `allow_http` is for a server on this machine; `retries` are of one request.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Path("data")
    url: str | None = None
    options: Mapping[str, str] = Field(default_factory=dict)
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict)
    allow_http: bool = False
    retries: int = Field(default=3, ge=0)


class ObstoreStore:
    """Reads and writes objects; a local folder keeps each object's metadata in a file beside."""

    config_type: ClassVar = ObstoreConfig

    def __init__(self, config: ObstoreConfig) -> None:
        self._config = config
        self._opened: ObjectStore | None = None
        self._local = config.url is None

    async def put(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> None:
        """Write an object and its metadata; the same key again replaces."""
        valid_key(key)
        store = await self._store()
        packed = json.dumps(dict(metadata), sort_keys=True)
        with _translated(key):
            if self._local:
                # Data first: a disk that runs full leaves what was there before.
                await obstore.put_async(store, key, data)
                await obstore.put_async(store, _beside(key), packed.encode())
            else:
                await obstore.put_async(store, key, data, attributes={_ATTRIBUTE: quote(packed)})

    async def get(self, key: str) -> bytes:
        """Read an object; raises ObjectNotFoundError."""
        store = await self._store()
        with _translated(valid_key(key)):
            found = await obstore.get_async(store, key)
            return bytes(await found.bytes_async())

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """Read bytes [start, end), cut at the object's end; raises ObjectNotFoundError."""
        if start < 0:
            raise ValueError(f"a range starts at 0 or later, not at {start}")
        info = await self.head(key)
        end = min(end, info.size)
        if start >= end:
            return b""
        store = await self._store()
        with _translated(key):
            return bytes(await obstore.get_range_async(store, key, start=start, end=end))

    async def head(self, key: str) -> ObjectInfo:
        """Describe an object; raises ObjectNotFoundError."""
        store = await self._store()
        with _translated(valid_key(key)):
            found = await obstore.get_async(store, key, options={"head": True})
            size, packed = int(found.meta["size"]), found.attributes.get(_ATTRIBUTE, "")
        metadata = await self._read_beside(key) if self._local else unquote(packed)
        return ObjectInfo(key=key, size=size, metadata=json.loads(metadata or "{}"))

    async def delete(self, key: str) -> None:
        """Remove an object; a missing one is fine."""
        store = await self._store()
        doomed = [valid_key(key), _beside(key)] if self._local else [valid_key(key)]
        for path in doomed:
            try:
                with _translated(path):
                    await obstore.delete_async(store, path)
            except ObjectNotFoundError:
                continue

    async def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix (whole path segments), sorted."""
        below = prefix.strip("/")
        store = await self._store()
        with _translated(valid_key(below) if below else "the root"):
            found = [
                str(entry["path"])
                async for page in obstore.list(store, below or None)
                for entry in page
            ]
        return sorted(key for key in found if not key.startswith(f"{METADATA_PREFIX}/"))

    async def check(self) -> Health:
        """List an empty prefix."""
        where = self._config.url or str(self._config.data_dir / "objects")
        try:
            await self.keys("health")
        except (ProviderError, ValueError) as error:
            return Health(status=Status.UNAVAILABLE, plugin="obstore", detail=str(error))
        return Health(status=Status.READY, plugin="obstore", detail=where)

    async def aclose(self) -> None:
        """Let go of the store's connections."""
        self._opened = None

    async def _read_beside(self, key: str) -> str:
        """Return the metadata file of a local object; empty when somebody put it there by hand."""
        store = await self._store()
        try:
            with _translated(key):
                found = await obstore.get_async(store, _beside(key))
                return bytes(await found.bytes_async()).decode()
        except ObjectNotFoundError:
            return ""

    async def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = await to_thread.run_sync(self._open)
        return self._opened

    def _open(self) -> ObjectStore:
        config = self._config
        if config.url is None:
            folder = config.data_dir / "objects"
            with _translated(str(folder)):
                return LocalStore(folder, mkdir=True, automatic_cleanup=True)
        secrets = {name: value.get_secret_value() for name, value in config.secrets.items()}
        options: Any = {**config.options, **secrets}
        try:
            return from_url(
                config.url,
                client_options={
                    "allow_http": config.allow_http,
                    "connect_timeout": _CONNECT_TIMEOUT,
                    "timeout": _TIMEOUT,
                },
                retry_config={"max_retries": config.retries},
                **options,
            )
        except (BaseError, ValueError) as error:
            raise ProviderError(f"object_store.options.url {config.url!r}: {error}") from error


def _beside(key: str) -> str:
    """Return where a local store keeps the metadata of an object."""
    return f"{METADATA_PREFIX}/{key}.json"


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn obstore's errors into the service's."""
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectNotFoundError(f"no object {key!r}") from error
    except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
        raise ProviderError(
            f"the object store refuses {key!r}: check its keys and the folder's rights: "
            f"{_first_line(error)}"
        ) from error
    except (BaseError, OSError, ValueError, NotImplementedError) as error:
        message = str(error)
        if "No space left" in message or "os error 28" in message:
            raise StorageFullError(f"no room left to write {key!r}") from error
        kind = TransientProviderError if isinstance(error, GenericError) else ProviderError
        raise kind(f"the object store failed at {key!r}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
