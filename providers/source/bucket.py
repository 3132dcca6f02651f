"""A bucket as a source: S3 and what speaks it, Google Cloud Storage, Azure, or local files."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import obstore
from anyio import to_thread
from obstore.exceptions import BaseError, GenericError
from obstore.store import ObjectStore, from_url
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from providers.errors import ProviderError, TransientProviderError
from providers.source.absence import missing
from providers.source.fetching.outcomes import ENDINGS, NotRead, NotThere, arrival_of
from providers.source.naming import safe_name
from providers.source.patterns import chosen
from providers.source.rules import version_of
from providers.source.saving import Saved, place_for, save
from providers.source.types import (
    NOTHING_KNOWN,
    Arrival,
    Fetched,
    Skipped,
    SkipReason,
    Unchanged,
    UnchangedBy,
    Validators,
)
from providers.types import Health, Status

if TYPE_CHECKING:
    from obstore import GetResult

_MIB = 1 << 20
_CONNECT_TIMEOUT = timedelta(seconds=5)
_TIMEOUT = timedelta(seconds=60)
_PASSING = (GenericError, TimeoutError)


class BucketConfig(BaseModel):
    """Options of the `bucket` source.

    `url` is `s3://bucket/prefix`, `gs://…`, `az://…` or `file:///folder`; `options` and
    `secrets` hold the bucket's settings under obstore's names (`endpoint`, `region`,
    `access_key_id`, `secret_access_key`, …). `include` and `exclude` are patterns of keys
    below `prefix`. `max_mb` is the largest object, MiB. A bucket that had objects and lists
    none is taken for a fault, unless it `may_be_empty`. `allow_http` is for a server without
    TLS; `retries` are of one request.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    options: Mapping[str, str] = Field(default_factory=dict)
    secrets: Mapping[str, SecretStr] = Field(default_factory=dict)
    prefix: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_mb: float = Field(default=100, gt=0)
    may_be_empty: bool = False
    allow_http: bool = False
    retries: int = Field(default=3, ge=0)


class BucketSource:
    """Lists a bucket and reads the objects whose tag, or date and size, have changed."""

    config_type: ClassVar = BucketConfig

    def __init__(self, config: BucketConfig) -> None:
        self._config = config
        self._opened: ObjectStore | None = None

    @property
    def rules_version(self) -> str:
        """Name of the options that say what is taken."""
        return version_of("bucket", self._config, leaving_out={"options", "secrets", "retries"})

    async def crawl(
        self, known: Mapping[str, Validators], into: Path
    ) -> AsyncGenerator[Arrival, None]:
        """Look at every object; what is known and not listed any more is gone."""
        store = await self._store()
        seen: set[str] = set()
        async for found in self._listed(store):
            uri = self._uri(found["path"])
            seen.add(uri)
            if self._wanted(found["path"]):
                yield await self._arrival(store, found, known.get(uri, NOTHING_KNOWN), into)
            elif uri in known:
                message = "the rules leave it out now"
                yield Skipped(uri=uri, reason=SkipReason.OUTSIDE, message=message)
        where, empty = self._config.url, self._config.may_be_empty
        for gone in missing(known, seen, where=where, may_be_empty=empty):
            yield gone

    async def check(self) -> Health:
        """List the first objects."""
        try:
            store = await self._store()
            async for _ in self._listed(store):
                break
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="bucket", detail=str(error))
        return Health(status=Status.READY, plugin="bucket", detail=self._config.url)

    async def aclose(self) -> None:
        """Let go of the connections."""
        self._opened = None

    async def _listed(self, store: ObjectStore) -> AsyncIterator[Any]:
        prefix = self._config.prefix.strip("/") or None
        with self._translated():
            async for page in obstore.list(store, prefix, chunk_size=1000):
                for found in page:
                    yield found

    def _wanted(self, path: str) -> bool:
        below = path.removeprefix(self._config.prefix.strip("/")).lstrip("/")
        return chosen(below, self._config.include, self._config.exclude)

    def _uri(self, path: str) -> str:
        return f"{self._config.url.rstrip('/')}/{quote(path)}"

    async def _arrival(
        self, store: ObjectStore, found: Any, known: Validators, into: Path
    ) -> Arrival:
        uri = self._uri(found["path"])
        if (proof := _proof(found, known)) is not None:
            return Unchanged(uri=uri, by=proof)
        try:
            return await self._fetch(store, uri, found["path"], known, into)
        except ENDINGS as ending:
            return arrival_of(uri, ending)

    async def _fetch(
        self, store: ObjectStore, uri: str, path: str, known: Validators, into: Path
    ) -> Arrival:
        limit = int(self._config.max_mb * _MIB)
        with _item_errors():
            got = await obstore.get_async(store, path)
            # What was listed may have been replaced since: what was got counts.
            meta: Any = got.meta
            if meta["size"] > limit:
                message = f"it is larger than {limit} bytes"
                return Skipped(uri=uri, reason=SkipReason.TOO_LARGE, message=message)
            saved = await save(_parts(got), place_for(uri, into), max_bytes=limit)
        etag, modified = meta["e_tag"], meta["last_modified"].isoformat()
        if saved.sha256 == known.sha256:
            await to_thread.run_sync(saved.path.unlink)
            return Unchanged(uri=uri, by=UnchangedBy.SHA256, etag=etag, last_modified=modified)
        stated = str(got.attributes.get("Content-Type", ""))
        return _fetched(uri, path, saved, etag=etag, modified=modified, stated=stated)

    async def _store(self) -> ObjectStore:
        if self._opened is None:
            self._opened = await to_thread.run_sync(self._open)
        return self._opened

    def _open(self) -> ObjectStore:
        config = self._config
        secrets = {name: value.get_secret_value() for name, value in config.secrets.items()}
        options: Any = {**config.options, **secrets}
        if not config.url.startswith("file:"):
            options["client_options"] = {
                "allow_http": config.allow_http,
                "connect_timeout": _CONNECT_TIMEOUT,
                "timeout": _TIMEOUT,
            }
            options["retry_config"] = {"max_retries": config.retries}
        try:
            return from_url(config.url, **options)
        except (BaseError, ValueError, TypeError) as error:
            raise ProviderError(f"source.options.url {config.url!r}: {error}") from error

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn obstore's errors while listing into the service's."""
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            kind = TransientProviderError if isinstance(error, _PASSING) else ProviderError
            raise kind(
                f"the bucket {self._config.url} cannot be listed: {_first_line(error)}"
            ) from error


def _proof(found: Any, known: Validators) -> UnchangedBy | None:
    """Tell by the list alone whether an object is as it was."""
    if known.sha256 is None:
        return None
    if found["e_tag"] and known.etag:
        return UnchangedBy.ETAG if found["e_tag"] == known.etag else None
    stamp = (found["last_modified"].isoformat(), found["size"])
    return UnchangedBy.LAST_MODIFIED if stamp == (known.last_modified, known.size) else None


def _fetched(
    uri: str, path: str, saved: Saved, *, etag: str | None, modified: str, stated: str
) -> Fetched:
    guessed, _ = guess_type(path)
    vague = not stated or stated.endswith("/octet-stream")
    return Fetched(
        uri=uri,
        name=safe_name(path),
        path=saved.path,
        media_type=guessed or "application/octet-stream" if vague else stated.partition(";")[0],
        size=saved.size,
        sha256=saved.sha256,
        etag=etag,
        last_modified=modified,
    )


async def _parts(got: "GetResult") -> AsyncIterator[bytes]:
    async for part in got.stream(min_chunk_size=_MIB):
        yield bytes(part)


@contextmanager
def _item_errors() -> Iterator[None]:
    """Turn obstore's errors at one object into how its reading ends."""
    try:
        yield
    except FileNotFoundError as error:
        raise NotThere("the bucket does not have it any more") from error
    except (BaseError, PermissionError, TimeoutError) as error:
        raise NotRead(_first_line(error), transient=isinstance(error, _PASSING)) from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
