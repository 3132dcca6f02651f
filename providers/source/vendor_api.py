"""A vendor's interface as a source: a list of documents, described by options."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, TypeVar
from urllib.parse import quote

import httpx
from anyio import to_thread

from providers.errors import ProviderError, TransientProviderError
from providers.source.absence import missing
from providers.source.fetching.client import Ask, WebClient
from providers.source.fetching.downloading import Download, Reply, conditions
from providers.source.fetching.outcomes import (
    ENDINGS,
    LeftOut,
    NotRead,
    NotThere,
    arrival_of,
)
from providers.source.fetching.pace import Pace
from providers.source.fetching.pinning import Resolver, resolve
from providers.source.naming import safe_name
from providers.source.rules import version_of
from providers.source.saving import place_for
from providers.source.types import (
    NOTHING_KNOWN,
    Arrival,
    Failed,
    Fetched,
    Skipped,
    SkipReason,
    Unchanged,
    UnchangedBy,
    Validators,
)
from providers.source.vendor.access import Access
from providers.source.vendor.listing import ListPage, at, items_of, read_page
from providers.source.vendor.options import VendorApiConfig
from providers.types import Health, Status

T = TypeVar("T")
_UNAUTHORIZED = 401


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """What the list says of one document."""

    uri: str
    download: str
    name: str
    licence: str | None
    updated_at: str | None
    etag: str | None
    media_type: str | None


class VendorApiSource:
    """Reads a vendor's list page by page, and downloads what has changed."""

    config_type: ClassVar = VendorApiConfig

    def __init__(self, config: VendorApiConfig, *, resolver: Resolver = resolve) -> None:
        self._config = config
        self._resolver = resolver
        self._access = Access(config)

    @property
    def rules_version(self) -> str:
        """Name of the options that say what is taken."""
        secret = {"oauth2", "signing", "headers"}
        return version_of("vendor_api", self._config, leaving_out=secret | self._config.not_rules)

    async def crawl(
        self, known: Mapping[str, Validators], into: Path
    ) -> AsyncGenerator[Arrival, None]:
        """Look at every listed document; what is known and not listed any more is gone."""
        pace = Pace(self._config.interval_s, give_up_after=self._config.give_up_after)
        client = await WebClient.open(self._config, pace, resolver=self._resolver)
        seen: set[str] = set()
        try:
            async for listed in self._listed(client):
                item = self._item(listed)
                if not isinstance(item, _Item):
                    yield item
                elif item.uri in seen:
                    yield Skipped(
                        uri=item.uri, reason=SkipReason.DUPLICATE_URL, message="listed twice"
                    )
                else:
                    seen.add(item.uri)
                    yield await self._arrival(
                        client, item, known.get(item.uri, NOTHING_KNOWN), into
                    )
            where, empty = self._config.base_url, self._config.may_be_empty
            for gone in missing(known, seen, where=where, may_be_empty=empty):
                yield gone
        finally:
            await client.aclose()

    async def check(self) -> Health:
        """Ready: whether the vendor answers, a crawl says."""
        return Health(status=Status.READY, plugin="vendor_api", detail=self._config.base_url)

    async def aclose(self) -> None:
        """Forget the token."""
        self._access.forget()

    async def _listed(self, client: WebClient) -> AsyncIterator[object]:
        """Yield the list's items.

        Raises:
            TransientProviderError: the list cannot be read now.
            ProviderError: it cannot be read with these options.
        """

        async def get(url: str) -> ListPage:
            return await self._ask(client, url, read_page)

        try:
            async for item in items_of(self._config.listing, self._config.base_url, get):
                yield item
        except NotRead as ending:
            kind = TransientProviderError if ending.transient else ProviderError
            raise kind(f"the list of {self._config.base_url} cannot be read: {ending}") from ending
        except (LeftOut, NotThere) as ending:
            raise ProviderError(
                f"the list of {self._config.base_url} cannot be read: {ending}"
            ) from ending

    async def _ask(
        self,
        client: WebClient,
        url: str,
        use: Callable[[httpx.Response], Awaitable[T]],
        conditional: Mapping[str, str] | None = None,
    ) -> T:
        """Send a request with what the vendor wants; a token that is refused is renewed once."""

        def headers(target: httpx.URL) -> Mapping[str, str]:
            return {**(conditional or {}), **self._access.headers(target)}

        ask = Ask(url=url, headers=headers)
        await self._access.ready(client)
        try:
            return await client.fetch(ask, use)
        except NotRead as ending:
            if ending.status != _UNAUTHORIZED or self._config.oauth2 is None:
                raise
        self._access.forget()
        await self._access.ready(client)
        return await client.fetch(ask, use)

    def _item(self, listed: object) -> _Item | Failed:
        """Read an item by the dotted paths of the options."""
        fields = self._config.fields
        identity, download = _text(listed, fields.id), _text(listed, fields.download)
        base = self._config.base_url.rstrip("/")
        collection = f"{base}/{self._config.listing.path.strip('/')}"
        if identity is None or download is None:
            missing = fields.id if identity is None else fields.download
            return Failed(
                uri=f"{collection}/{quote(identity or '', safe='')}",
                transient=False,
                message=f"an item of the list has nothing at {missing!r}",
            )
        uri = f"{collection}/{quote(identity, safe='')}"
        try:
            address = str(httpx.URL(f"{base}/").join(download))
        except httpx.InvalidURL as error:
            message = f"{download[:200]!r} is no address: {error}"
            return Failed(uri=uri, transient=False, message=message)
        return _Item(
            uri=uri,
            download=address,
            name=_text(listed, fields.name) or identity,
            licence=_text(listed, fields.licence),
            updated_at=_text(listed, fields.updated_at),
            etag=_text(listed, fields.etag),
            media_type=_text(listed, fields.media_type),
        )

    async def _arrival(
        self, client: WebClient, item: _Item, known: Validators, into: Path
    ) -> Arrival:
        if (proof := _proof(item, known)) is not None:
            return Unchanged(uri=item.uri, by=proof)
        # The list's stamps are no HTTP validators, so only without them is the server asked.
        listed = item.etag is not None or item.updated_at is not None
        usable = Validators(sha256=known.sha256) if listed else known
        download = Download(
            path=place_for(item.uri, into),
            known=usable,
            max_bytes=self._config.max_bytes,
            accept=lambda _response, _media_type: None,
        )
        try:
            reply = await self._ask(client, item.download, download, conditions(usable))
        except ENDINGS as ending:
            return arrival_of(item.uri, ending)
        return await _received(item, reply, stamped=listed)


async def _received(item: _Item, reply: Reply, *, stamped: bool) -> Arrival:
    etag = item.etag if stamped else reply.etag
    modified = item.updated_at if stamped else reply.last_modified
    if reply.unchanged is not None:
        if reply.saved is not None:
            await to_thread.run_sync(reply.saved.path.unlink)
        return Unchanged(uri=item.uri, by=reply.unchanged, etag=etag, last_modified=modified)
    return Fetched(
        uri=item.uri,
        name=safe_name(item.name),
        path=reply.file.path,
        media_type=item.media_type or reply.media_type,
        size=reply.file.size,
        sha256=reply.file.sha256,
        etag=etag,
        last_modified=modified,
        licence=item.licence,
    )


def _proof(item: _Item, known: Validators) -> UnchangedBy | None:
    """Tell by the list alone whether a document is as it was."""
    if known.sha256 is None:
        return None
    if item.etag is not None:
        return UnchangedBy.ETAG if item.etag == known.etag else None
    if item.updated_at is not None and item.updated_at == known.last_modified:
        return UnchangedBy.LAST_MODIFIED
    return None


def _text(listed: object, path: str | None) -> str | None:
    found = at(listed, path) if path else None
    return str(found) if isinstance(found, str | int | float) and str(found) else None
