"""Keeps files in a local folder or a bucket of S3, Google Cloud Storage or Azure."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote, unquote

import obstore
from anyio import to_thread
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from providers.errors import ObjectAlreadyThereError, ObjectNotFoundError, ProviderError
from providers.object_store.keys import COLD_PREFIX, METADATA_PREFIX, valid_key
from providers.object_store.obstore_config import TIMEOUTS, ObstoreConfig
from providers.object_store.obstore_errors import translated
from providers.types import Health, ObjectInfo, Status

__all__ = ["ObstoreConfig", "ObstoreStore"]

R = TypeVar("R")
_ATTRIBUTE = "cicerone"
_OWN_PREFIXES = (f"{METADATA_PREFIX}/", f"{COLD_PREFIX}/")


class ObstoreStore:
    """Reads and writes objects; a local folder keeps each object's metadata in a file beside."""

    config_type: ClassVar = ObstoreConfig

    def __init__(self, config: ObstoreConfig) -> None:
        self._config = config
        self._opened: ObjectStore | None = None
        self._local = config.url is None

    async def put(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> None:
        """Write an object and its metadata; the same key again replaces."""
        await self._write(valid_key(key), data, metadata)
        if self._local:
            await self._remove(_cold(key))

    async def create(self, key: str, data: bytes, *, metadata: Mapping[str, str]) -> bool:
        """Write an object unless there is one; tells whether it was written."""
        valid_key(key)
        if self._local and await self._is_there(_cold(key)):
            return False
        try:
            await self._write(key, data, metadata, mode="create")
        except ObjectAlreadyThereError:
            if self._local and not await self._is_there(_beside(key)):
                await self._describe(key, metadata)  # a crash came between the two files
            return False
        return True

    async def get(self, key: str) -> bytes:
        """Read an object; raises ObjectNotFoundError."""
        return await self._read(valid_key(key), self._bytes)

    async def read_range(self, key: str, start: int, end: int) -> bytes:
        """Read bytes [start, end), cut at the object's end; raises ObjectNotFoundError."""
        if start < 0:
            raise ValueError(f"a range starts at 0 or later, not at {start}")
        info = await self.head(key)
        end = min(end, info.size)
        if start >= end:
            return b""

        async def part(path: str) -> bytes:
            store = await self._store()
            return bytes(await obstore.get_range_async(store, path, start=start, end=end))

        return await self._read(key, part)

    async def head(self, key: str) -> ObjectInfo:
        """Describe an object; raises ObjectNotFoundError."""

        async def described(path: str) -> tuple[Any, str]:
            found = await obstore.get_async(await self._store(), path, options={"head": True})
            return found.meta, found.attributes.get(_ATTRIBUTE, "")

        meta, packed = await self._read(valid_key(key), described)
        metadata = await self._read_beside(key) if self._local else unquote(packed)
        return ObjectInfo(
            key=key,
            size=int(meta["size"]),
            modified=meta["last_modified"],
            metadata=json.loads(metadata or "{}"),
        )

    async def delete(self, key: str) -> None:
        """Remove an object; a missing one is fine."""
        await self._remove(valid_key(key))
        if self._local:
            await self._remove(_cold(key))
            await self._remove(_beside(key))

    async def cool(self, key: str) -> None:
        """Move an object below `cold/`, or into the bucket's cold class; it stays readable.

        Raises:
            ObjectNotFoundError: there is none.
        """
        valid_key(key)
        if self._local:
            await self._read(key, self._chill)
            return
        info = await self.head(key)
        # A bucket changes the class of an object by writing it again.
        await self._write(key, await self.get(key), info.metadata, **self._config.cold_attributes)

    async def keys(self, prefix: str) -> list[str]:
        """List the keys below a prefix (whole path segments), sorted."""
        return [entry.key for entry in await self.entries(prefix)]

    async def entries(self, prefix: str) -> list[ObjectInfo]:
        """List the objects below a prefix without their metadata, sorted by key."""
        below = prefix.strip("/")
        if below:
            valid_key(below)
        found = await self._listed(below)
        if self._local:
            found |= await self._listed(_cold(below) if below else COLD_PREFIX, cut=True)
        return [found[key] for key in sorted(found) if not key.startswith(_OWN_PREFIXES)]

    async def check(self) -> Health:
        """List an empty prefix."""
        where = self._config.url or str(self._config.folder)
        try:
            await self.keys("health")
        except (ProviderError, ValueError) as error:
            return Health(status=Status.UNAVAILABLE, plugin="obstore", detail=str(error))
        return Health(status=Status.READY, plugin="obstore", detail=where)

    async def aclose(self) -> None:
        """Let go of the store's connections."""
        self._opened = None

    async def _write(
        self,
        key: str,
        data: bytes,
        metadata: Mapping[str, str],
        *,
        mode: Any = "overwrite",
        **attributes: str,
    ) -> None:
        store = await self._store()
        if not self._local:
            attributes[_ATTRIBUTE] = quote(_packed(metadata))
        with translated(key):
            await obstore.put_async(store, key, data, attributes=attributes, mode=mode)
        if self._local:  # last: a disk that runs full leaves what was there before
            await self._describe(key, metadata)

    async def _describe(self, key: str, metadata: Mapping[str, str]) -> None:
        with translated(key):
            await obstore.put_async(await self._store(), _beside(key), _packed(metadata).encode())

    async def _read(self, key: str, work: Callable[[str], Awaitable[R]]) -> R:
        """Do `work` with the path of an object, in the cold if it lies there."""
        try:
            with translated(key):
                return await work(key)
        except ObjectNotFoundError:
            if not self._local:
                raise
        with translated(key):
            return await work(_cold(key))

    async def _bytes(self, path: str) -> bytes:
        found = await obstore.get_async(await self._store(), path)
        return bytes(await found.bytes_async())

    async def _chill(self, path: str) -> None:
        """Move a local object; one that is cold already is only looked at."""
        store = await self._store()
        if path.startswith(f"{COLD_PREFIX}/"):
            await obstore.head_async(store, path)
        else:
            await obstore.rename_async(store, path, _cold(path))

    async def _is_there(self, path: str) -> bool:
        try:
            with translated(path):
                await obstore.head_async(await self._store(), path)
        except ObjectNotFoundError:
            return False
        return True

    async def _remove(self, path: str) -> None:
        try:
            with translated(path):
                await obstore.delete_async(await self._store(), path)
        except ObjectNotFoundError:
            return

    async def _listed(self, below: str, *, cut: bool = False) -> dict[str, ObjectInfo]:
        store = await self._store()
        found: dict[str, ObjectInfo] = {}
        with translated(below or "the root"):
            async for page in obstore.list(store, below or None):
                for entry in page:
                    path = str(entry["path"])
                    key = path.removeprefix(f"{COLD_PREFIX}/") if cut else path
                    found[key] = ObjectInfo(
                        key=key, size=int(entry["size"]), modified=entry["last_modified"]
                    )
        return found

    async def _read_beside(self, key: str) -> str:
        """Return the metadata file of a local object; empty when somebody put it there by hand."""
        try:
            with translated(key):
                return (await self._bytes(_beside(key))).decode()
        except ObjectNotFoundError:
            return ""

    async def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = await to_thread.run_sync(self._open)
        return self._opened

    def _open(self) -> ObjectStore:
        config = self._config
        if config.url is None:
            with translated(str(config.folder)):
                return LocalStore(config.folder, mkdir=True, automatic_cleanup=True)
        client: Any = {"allow_http": config.allow_http, **TIMEOUTS}
        options: Any = config.bucket_options()
        retry: Any = {"max_retries": config.retries}
        try:
            return from_url(config.url, client_options=client, retry_config=retry, **options)
        except (BaseError, ValueError) as error:
            raise ProviderError(f"object_store.options.url {config.url!r}: {error}") from error


def _packed(metadata: Mapping[str, str]) -> str:
    return json.dumps(dict(metadata), sort_keys=True)


def _beside(key: str) -> str:
    """Return where a local store keeps the metadata of an object."""
    return f"{METADATA_PREFIX}/{key}.json"


def _cold(key: str) -> str:
    """Return where a local store keeps an object that was put into cold storage."""
    return f"{COLD_PREFIX}/{key}"
