"""A real server and a real browser."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from tests.console.scratch_server import serving
from tests.console.screens import DESK, PHONE

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that nobody needs a key for."""
    with serving(tmp_path_factory.mktemp("home")) as base:
        yield base


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser's program."""
    if not CHROMIUM.exists():
        pytest.fail("no Chromium: apt-get update && apt-get install -y chromium", pytrace=False)
    return CHROMIUM


@pytest.fixture
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """Chromium, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield opened
        await opened.close()


@dataclass
class Watch:
    """What a page did that it should not do."""

    faults: list[str] = field(default_factory=list)

    def on(self, page: Page) -> Page:
        """Watch a page's console, its errors, and where it asks."""
        page.on("console", self._message)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)
        return page

    def _message(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("http://localhost:", "ws://localhost:", "data:", "blob:")):
            self.faults.append(f"left this machine: {request.url}")


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page on a desk; whatever it complains of, and any request beyond loopback, fails."""
    watch = Watch()
    yield watch.on(await browser.new_page(viewport=DESK))
    assert watch.faults == []


@pytest.fixture
async def phone(browser: Browser) -> AsyncIterator[Page]:
    """A page on a phone, watched like `page`."""
    watch = Watch()
    yield watch.on(await browser.new_page(viewport=PHONE, has_touch=True))
    assert watch.faults == []
