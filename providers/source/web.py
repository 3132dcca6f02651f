"""A web site as a source: single pages, sitemaps, and the links between them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

from providers.source.crawling.engine import Crawl, PlainLoader
from providers.source.crawling.options import CrawlOptions
from providers.source.crawling.robots import Robots
from providers.source.fetching.client import WebClient
from providers.source.fetching.pace import Pace
from providers.source.fetching.pinning import Resolver, resolve
from providers.source.rules import version_of
from providers.source.types import Arrival, Validators
from providers.types import Health, Status


class WebConfig(CrawlOptions):
    """Options of the `web` source."""


class WebSource:
    """Walks a site politely: one request at a time, within what its owner allows."""

    config_type: ClassVar = WebConfig

    def __init__(self, config: WebConfig, *, resolver: Resolver = resolve) -> None:
        self._config = config
        self._resolver = resolver

    @property
    def rules_version(self) -> str:
        """Name of the options that say what is taken."""
        return version_of("web", self._config, leaving_out=self._config.not_rules)

    async def crawl(
        self, known: Mapping[str, Validators], into: Path
    ) -> AsyncGenerator[Arrival, None]:
        """Visit the starts, the sitemaps' pages, what is known, and what these link to."""
        pace = Pace(self._config.delay_s, give_up_after=self._config.give_up_after)
        client = await WebClient.open(self._config, pace, resolver=self._resolver)
        crawl = Crawl(
            self._config,
            client,
            Robots(client, pace),
            PlainLoader(client),
            pace=pace,
            known=known,
            into=into,
        )
        try:
            async with aclosing(crawl.arrivals()) as arrivals:
                async for arrival in arrivals:
                    yield arrival
        finally:
            await client.aclose()

    async def check(self) -> Health:
        """Ready: whether the site answers, a crawl says."""
        first = (*self._config.start, *self._config.sitemaps)[0]
        return Health(status=Status.READY, plugin="web", detail=first)

    async def aclose(self) -> None:
        """Hold nothing between crawls."""
