"""A web site as a source whose pages need a browser to show what they say."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from providers.source.crawling.engine import Crawl, PlainLoader
from providers.source.crawling.options import CrawlOptions
from providers.source.crawling.rendering import RenderingLoader, browser
from providers.source.crawling.robots import Robots
from providers.source.fetching.client import WebClient
from providers.source.fetching.pace import Pace
from providers.source.fetching.pinning import Resolver, resolve
from providers.source.rules import version_of
from providers.source.types import Arrival, Validators
from providers.types import Health, Status


class BrowserConfig(CrawlOptions):
    """Options of the `browser` source: those of `web`, and the browser's.

    `executable_path` names the program (`/usr/bin/chromium`); without it, Playwright's own is
    used. A page may take `render_seconds` to come to rest. Without a `sandbox` a hole in the
    browser is a hole in the machine: switch it off in a container of its own only.
    """

    executable_path: Path | None = None
    sandbox: bool = True
    render_seconds: float = Field(default=10, gt=0)


class BrowserSource:
    """Walks a site by the rules of the `web` source, and renders each page."""

    config_type: ClassVar = BrowserConfig

    def __init__(self, config: BrowserConfig, *, resolver: Resolver = resolve) -> None:
        self._config = config
        self._resolver = resolver

    @property
    def rules_version(self) -> str:
        """Name of the options that say what is taken."""
        technical = {"executable_path", "sandbox"}
        return version_of("browser", self._config, leaving_out=technical | self._config.not_rules)

    async def crawl(
        self, known: Mapping[str, Validators], into: Path
    ) -> AsyncGenerator[Arrival, None]:
        """Visit the starts, the sitemaps' pages, what is known, and what these link to."""
        config = self._config
        pace = Pace(config.delay_s, give_up_after=config.give_up_after)
        # The parts of a page come one after the other, but without the pause between pages.
        at_once = Pace(0, give_up_after=config.give_up_after)
        async with AsyncExitStack() as stack:
            client = await WebClient.open(config, pace, resolver=self._resolver)
            stack.push_async_callback(client.aclose)
            parts = await WebClient.open(config, at_once, resolver=self._resolver)
            stack.push_async_callback(parts.aclose)
            opened = await stack.enter_async_context(
                browser(config.executable_path, sandbox=config.sandbox)
            )
            robots = Robots(client, pace)
            loader = RenderingLoader(
                browser=opened,
                plain=PlainLoader(client),
                parts=parts,
                robots=robots,
                user_agent=config.user_agent,
                seconds=config.render_seconds,
            )
            crawl = Crawl(config, client, robots, loader, pace=pace, known=known, into=into)
            arrivals = await stack.enter_async_context(aclosing(crawl.arrivals()))
            async for arrival in arrivals:
                yield arrival

    async def check(self) -> Health:
        """Tell whether the browser's program is there."""
        program = self._config.executable_path
        if program is not None and not program.exists():
            detail = f"there is no {program}: install the browser, or name another"
            return Health(status=Status.UNAVAILABLE, plugin="browser", detail=detail)
        first = (*self._config.start, *self._config.sitemaps)[0]
        return Health(status=Status.READY, plugin="browser", detail=first)

    async def aclose(self) -> None:
        """Hold nothing between crawls."""
