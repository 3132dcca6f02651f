"""Reads from a page what a crawler needs: its directives and its links."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from anyio import to_thread
from selectolax.lexbor import LexborHTMLParser, LexborNode

from providers.source.crawling.directives import Directives, from_tag
from providers.source.crawling.urls import normalise

_MAX_BYTES = 8 << 20
"""Of a longer page only the beginning is looked at."""
_MAX_LINKS = 5000
_MAX_TITLE = 300
_NOT_FOLLOWED = frozenset({"nofollow"})


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says to crawlers; `links` are normalised, in order, without repetition."""

    directives: Directives
    links: tuple[str, ...]
    title: str = ""
    licence: str | None = None


async def read_page(path: Path, url: str) -> Page:
    """Read a page that was downloaded from `url`."""
    return await to_thread.run_sync(_read, path, url)


def _read(path: Path, url: str) -> Page:
    with path.open("rb") as file:
        tree = LexborHTMLParser(file.read(_MAX_BYTES), encoding=True)
    directives = Directives()
    for node in tree.css("meta[name][content]"):
        directives |= from_tag(_value(node, "name"), _value(node, "content"))
    links = dict.fromkeys(_links(tree, url)) if directives.follow else {}
    title, licence = tree.css_first("title"), tree.css_first("[rel~=license][href]")
    return Page(
        directives,
        tuple(links),
        title=title.text(strip=True)[:_MAX_TITLE] if title else "",
        licence=normalise(_value(licence, "href"), url) if licence else None,
    )


def _links(tree: LexborHTMLParser, url: str) -> Iterator[str]:
    base_node = tree.css_first("base[href]")
    base = (normalise(_value(base_node, "href"), url) if base_node else None) or url
    for node in tree.css("a[href], area[href]")[:_MAX_LINKS]:
        if _NOT_FOLLOWED & set(_value(node, "rel").lower().split()):
            continue
        target = normalise(_value(node, "href"), base)
        if target is not None:
            yield target


def _value(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
