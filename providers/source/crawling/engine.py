"""Walks a site: visits what is due, follows links, and says what came of each page."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from mimetypes import guess_extension
from pathlib import Path
from typing import Protocol

import httpx
from anyio import to_thread

from providers.source.crawling.directives import Directives, from_headers
from providers.source.crawling.frontier import Frontier, Visit
from providers.source.crawling.options import CrawlOptions
from providers.source.crawling.pages import Page, read_page
from providers.source.crawling.robots import Robots
from providers.source.crawling.sitemaps import pages_of
from providers.source.crawling.urls import normalise
from providers.source.fetching.client import Ask, WebClient
from providers.source.fetching.downloading import Download, Reply, conditions
from providers.source.fetching.outcomes import ENDINGS, LeftOut, arrival_of
from providers.source.fetching.pace import Pace
from providers.source.naming import name_of_url, safe_name
from providers.source.patterns import chosen
from providers.source.saving import place_for
from providers.source.types import (
    NOTHING_KNOWN,
    Arrival,
    Fetched,
    SkipReason,
    Unchanged,
    UnchangedBy,
    Validators,
)

HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_EMPTY = Page(Directives(), ())


class Loader(Protocol):
    """Brings one page; a browser does it otherwise than a plain request."""

    async def load(self, ask: Ask, download: Download) -> Reply:
        """Load the page; raises LeftOut, NotThere or NotRead."""
        ...


@dataclass(frozen=True, slots=True)
class PlainLoader:
    """Brings a page by one request: a conditional one, so that HEAD is never needed."""

    client: WebClient

    async def load(self, ask: Ask, download: Download) -> Reply:
        """Download the page, or find that it is unchanged."""
        return await self.client.fetch(ask, download)


class Crawl:
    """One walk over one site."""

    def __init__(
        self,
        options: CrawlOptions,
        client: WebClient,
        robots: Robots,
        loader: Loader,
        *,
        pace: Pace,
        known: Mapping[str, Validators],
        into: Path,
    ) -> None:
        self._options = options
        self._client = client
        self._loader = loader
        self._known = known
        self._into = into
        self._robots = robots
        self._frontier = Frontier(options, pace)

    async def arrivals(self) -> AsyncGenerator[Arrival, None]:
        """Yield what came of each page; every address is mentioned once."""
        for start in self._options.start:
            self._frontier.offer(normalise(start) or start, 0, listed=True)
        async for failed in self._seed():
            yield failed
        while (visit := self._frontier.next()) is not None:
            yield await self._visit(visit)
            for skipped in self._frontier.left_out():
                yield skipped
        for skipped in (*self._frontier.left_out(), *self._frontier.remaining()):
            yield skipped

    async def _seed(self) -> AsyncIterator[Arrival]:
        """Take in the sitemaps and what is known: an unchanged page does not show its links."""
        sitemaps = list(self._options.sitemaps)
        if self._options.sitemaps_from_robots:
            for prefix in self._options.prefixes:
                try:
                    sitemaps += await self._robots.sitemaps(httpx.URL(prefix))
                except ENDINGS as ending:
                    yield arrival_of(prefix, ending)
        async for found in pages_of(list(dict.fromkeys(sitemaps)), self._client, self._into):
            if not isinstance(found, str):
                yield found
            elif (uri := normalise(found)) is not None:
                self._frontier.offer(uri, 0, listed=True)
        for uri in sorted(self._known, key=self._depth):
            self._frontier.offer(uri, self._depth(uri), listed=True)

    async def _visit(self, visit: Visit) -> Arrival:
        known = self._known.get(visit.uri, NOTHING_KNOWN)
        download = Download(
            path=place_for(visit.uri, self._into),
            known=known,
            max_bytes=self._options.max_bytes,
            accept=self._accept,
        )
        gate = _Gate(self._frontier, self._robots, visit.uri)
        ask = Ask(url=visit.uri, headers=lambda _: conditions(known), check=gate)
        reply = None
        try:
            reply = await self._loader.load(ask, download)
            arrival = await self._arrival(visit, reply)
        except ENDINGS as ending:
            arrival = arrival_of(visit.uri, ending)
        if not isinstance(arrival, Fetched) and (reply is None or reply.saved is not None):
            await to_thread.run_sync(_remove, download.path)
        return arrival

    def _accept(self, response: httpx.Response, media_type: str) -> None:
        """Let a response pass whose owner and type allow it.

        Raises:
            LeftOut: one of them does not.
        """
        headers = response.headers
        from_headers(headers.get_list("x-robots-tag"), headers.get_list("tdm-reservation")).refuse(
            is_image=media_type.startswith("image/")
        )
        stated = "content-type" in headers or response.status_code == httpx.codes.OK
        if stated and not self._options.takes_type(media_type):
            raise LeftOut(SkipReason.WRONG_TYPE, f"{media_type} is not listed in media_types")

    async def _arrival(self, visit: Visit, reply: Reply) -> Arrival:
        page = await self._read(visit, reply)
        self._check_wanted(visit.uri)
        if reply.unchanged is not None:
            return _unchanged(visit.uri, reply, reply.unchanged, self._known[visit.uri])
        attributes = {"depth": str(visit.depth)} | ({"title": page.title} if page.title else {})
        final = normalise(reply.url) or reply.url
        return Fetched(
            uri=visit.uri,
            name=_name(final, reply),
            path=reply.file.path,
            media_type=reply.media_type,
            size=reply.file.size,
            sha256=reply.file.sha256,
            etag=reply.etag,
            last_modified=reply.last_modified,
            final_uri=final,
            licence=page.licence,
            attributes=attributes,
        )

    async def _read(self, visit: Visit, reply: Reply) -> Page:
        """Take the links of a page, unless its owner does not want it used at all."""
        if reply.saved is None or reply.media_type not in HTML_TYPES:
            return _EMPTY
        page = await read_page(reply.saved.path, reply.url)
        if self._options.follow_links and "noai" not in page.directives.words:
            for link in page.links:
                self._frontier.offer(link, visit.depth + 1)
        page.directives.refuse()
        return page

    def _check_wanted(self, uri: str) -> None:
        path = httpx.URL(uri).path.lstrip("/")
        if not chosen(path, self._options.include, ()):
            raise LeftOut(SkipReason.OUTSIDE, "no pattern in include matches; read for its links")

    def _depth(self, uri: str) -> int:
        depth = self._known[uri].attributes.get("depth", "")
        return int(depth) if depth.isdecimal() else 0


class _Gate:
    """Checks each hop of one visit; where a redirect leads is not visited again."""

    def __init__(self, frontier: Frontier, robots: Robots, uri: str) -> None:
        self._frontier = frontier
        self._robots = robots
        self._own = {uri}

    async def __call__(self, url: httpx.URL) -> None:
        uri = normalise(str(url))
        if uri is None:
            raise LeftOut(SkipReason.OUTSIDE, f"{str(url)[:200]} is no address of http or https")
        if uri not in self._own:
            self._frontier.check(uri)
            if not self._frontier.claim(uri):
                raise LeftOut(SkipReason.DUPLICATE_URL, f"it leads to {uri}")
            self._own.add(uri)
        await self._robots.check(url)


def _unchanged(uri: str, reply: Reply, by: UnchangedBy, known: Validators) -> Unchanged:
    return Unchanged(
        uri=uri,
        by=by,
        etag=reply.etag if reply.etag != known.etag else None,
        last_modified=reply.last_modified if reply.last_modified != known.last_modified else None,
    )


def _name(url: str, reply: Reply) -> str:
    if reply.filename:
        host = httpx.URL(url).host
        return safe_name(f"{host}/{reply.filename.replace('/', '_')}")
    return name_of_url(url, suffix=guess_extension(reply.media_type) or "")


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
