"""Options of the sources that walk a web site."""

from typing import Self

from pydantic import Field, model_validator

from providers.source.crawling.urls import normalise, root_of
from providers.source.fetching.options import NetworkOptions
from providers.source.patterns import chosen

DOCUMENT_TYPES = (
    "text/html",
    "application/xhtml+xml",
    "text/plain",
    "text/markdown",
    "text/csv",
    "application/pdf",
    "application/rtf",
    "application/msword",
    "application/vnd.ms-*",
    "application/vnd.openxmlformats-officedocument.*",
    "application/vnd.oasis.opendocument.*",
    "application/epub+zip",
)


class CrawlOptions(NetworkOptions):
    """What is taken from a site, and how far a crawl goes.

    `start` and `sitemaps` are addresses; with `sitemaps_from_robots` those that the hosts'
    robots.txt name are read too. Links are followed when `follow_links`, up to `max_depth`
    clicks from a start, below `allow_prefixes` (by default the hosts of `start` and
    `sitemaps`). Paths that match `exclude` are never asked for; when there is an `include`,
    other pages are read for their links alone. `max_pages` bounds a crawl,
    `max_pages_per_pattern` the linked pages whose addresses differ in numbers only.
    """

    start: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    sitemaps_from_robots: bool = False
    follow_links: bool = True
    allow_prefixes: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    media_types: tuple[str, ...] = DOCUMENT_TYPES
    max_depth: int = Field(default=5, ge=0)
    max_pages: int = Field(default=1000, ge=1)
    max_pages_per_pattern: int = Field(default=200, ge=1)

    @model_validator(mode="after")
    def _has_beginnings(self) -> Self:
        addresses = (*self.start, *self.sitemaps, *self.allow_prefixes)
        if not (self.start or self.sitemaps):
            raise ValueError("give at least one address in start or sitemaps")
        for address in addresses:
            if normalise(address) is None:
                raise ValueError(f"{address[:200]!r} is no address of http or https")
        return self

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Where pages may lie, normalised."""
        given = self.allow_prefixes or tuple(map(root_of, (*self.start, *self.sitemaps)))
        return tuple(prefix for prefix in map(normalise, given) if prefix is not None)

    def takes_type(self, media_type: str) -> bool:
        """Tell whether files of a media type are taken."""
        return chosen(media_type, self.media_types, ())
