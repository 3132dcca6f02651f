"""Reads sitemaps: lists of pages and lists of lists, as XML or text, compressed or not."""

import gzip
import io
import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from xml.etree.ElementTree import ParseError

import httpx
from anyio import to_thread
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from providers.source.fetching.client import Ask, WebClient
from providers.source.fetching.decoding import decoded
from providers.source.fetching.outcomes import ENDINGS, NotRead
from providers.source.saving import place_for, save
from providers.source.types import Failed

_MAX_BYTES = 50 << 20
_MAX_URLS = 50_000
_MAX_SITEMAPS = 200
_MAX_NESTING = 2
_MAX_LINE = 64 * 1024
_MAGIC = b"\x1f\x8b"


@dataclass
class _Content:
    """What one sitemap lists."""

    pages: list[str] = field(default_factory=list)
    sitemaps: list[str] = field(default_factory=list)


async def pages_of(
    sitemaps: list[str], client: WebClient, into: Path
) -> AsyncIterator[str | Failed]:
    """Yield the pages of the sitemaps and of those that they list; one that fails is said so."""
    waiting = [(url, 0) for url in sitemaps]
    seen = set(sitemaps)
    while waiting:
        url, nesting = waiting.pop(0)
        try:
            content = await _fetch(url, client, into)
        except ENDINGS as ending:
            yield _failed(url, ending)
            continue
        for page in content.pages:
            yield page
        for listed in content.sitemaps if nesting < _MAX_NESTING else ():
            if listed not in seen and len(seen) < _MAX_SITEMAPS:
                seen.add(listed)
                waiting.append((listed, nesting + 1))


def _failed(url: str, ending: Exception) -> Failed:
    transient = isinstance(ending, NotRead) and ending.transient
    return Failed(uri=url, transient=transient, message=f"the sitemap cannot be read: {ending}")


async def _fetch(url: str, client: WebClient, into: Path) -> _Content:
    path = place_for(url, into, ".sitemap")

    async def use(response: httpx.Response) -> None:
        encoding = response.headers.get("content-encoding", "")
        await save(decoded(response.aiter_raw(), encoding), path, max_bytes=_MAX_BYTES)

    try:
        await client.fetch(Ask(url=url), use)
        return await to_thread.run_sync(_read, path)
    finally:
        path.unlink(missing_ok=True)


def _read(path: Path) -> _Content:
    try:
        with path.open("rb") as file:
            compressed = file.read(2) == _MAGIC
            file.seek(0)
            source: IO[bytes] = gzip.GzipFile(fileobj=file) if compressed else file  # type: ignore[assignment]
            return _parse(_Bounded(source))
    except (ParseError, DefusedXmlException, OSError, EOFError, zlib.error, ValueError) as error:
        raise NotRead(f"it is no sitemap: {error}", transient=False) from error


def _parse(source: "_Bounded") -> _Content:
    beginning = source.read(64)
    source.unread(beginning)
    if not beginning.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        lines = (line.decode("utf-8", "replace").strip() for line in source.lines())
        return _Content(pages=[line for line in lines if line.startswith("http")][:_MAX_URLS])
    content = _Content()
    for kind, location in _locations(source):
        (content.sitemaps if kind == "sitemap" else content.pages).append(location)
        if len(content.pages) >= _MAX_URLS:
            break
    return content


def _locations(source: "_Bounded") -> Iterator[tuple[str, str]]:
    """Yield what is listed: `url` or `sitemap`, and its location."""
    root = None
    for event, element in iterparse(source, events=("start", "end"), forbid_dtd=False):
        if root is None:
            root = element
        kind = element.tag.rpartition("}")[2]
        if event != "end" or kind not in {"url", "sitemap"}:
            continue
        for child in element:
            if child.tag.rpartition("}")[2] == "loc" and child.text:
                yield kind, child.text.strip()
        root.clear()


class _Bounded:
    """A file that refuses to be longer than a sitemap may be."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._returned = b""
        self._left = _MAX_BYTES

    def read(self, size: int = -1) -> bytes:
        data, self._returned = self._returned, b""
        if not data:
            data = self._source.read(size if size > 0 else io.DEFAULT_BUFFER_SIZE)
            self._left -= len(data)
        if self._left < 0:
            raise ValueError(f"it is larger than {_MAX_BYTES} bytes")
        return data

    def unread(self, data: bytes) -> None:
        self._returned = data

    def lines(self) -> Iterator[bytes]:
        rest = b""
        while data := self.read():
            *whole, rest = (rest + data).split(b"\n")
            if len(rest) > _MAX_LINE:
                raise ValueError(f"a line is longer than {_MAX_LINE} bytes")
            yield from whole
        yield rest
