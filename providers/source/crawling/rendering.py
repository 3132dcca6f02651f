"""Renders pages in a browser that has no network of its own: all it asks for is brought to it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import anyio
import httpx
from playwright.async_api import Browser, BrowserContext, Page, Route, async_playwright
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from providers.errors import ProviderError
from providers.source.crawling.engine import HTML_TYPES, Loader
from providers.source.crawling.robots import Robots
from providers.source.fetching.client import Ask, WebClient
from providers.source.fetching.decoding import decoded
from providers.source.fetching.downloading import Download, Reply
from providers.source.fetching.outcomes import LeftOut, NotRead, NotThere
from providers.source.saving import save
from providers.source.types import SkipReason, UnchangedBy

_FLAGS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--dns-prefetch-disable",
    "--no-first-run",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
_NOWHERE = "http://127.0.0.1:9"
"""A proxy that does not exist: what is not intercepted ends there."""
_UNNEEDED = frozenset({"image", "media", "font", "websocket", "eventsource", "ping", "manifest"})
_HEADERS_DROPPED = frozenset(
    {"content-encoding", "content-length", "transfer-encoding", "connection", "set-cookie"}
)
_MAX_REQUESTS = 200
_MAX_PART_BYTES = 16 << 20
_NO_CONTENT, _MISSING = 204, 404


@asynccontextmanager
async def browser(executable: Path | None, *, sandbox: bool) -> AsyncIterator[Browser]:
    """Run a browser without a window.

    Raises:
        ProviderError: it does not start; the message says how to get one.
    """
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        try:
            found = await playwright.chromium.launch(
                executable_path=executable,
                args=list(_FLAGS),
                chromium_sandbox=sandbox,
                proxy={"server": _NOWHERE},
            )
        except PlaywrightError as error:
            raise ProviderError(
                "no browser starts: install one (apt-get install chromium, or playwright install "
                f"chromium) and set executable_path; {error.message.splitlines()[0]}"
            ) from error
        stack.push_async_callback(found.close)
        yield found


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingLoader:
    """Brings a page as a browser shows it; other files come as they are.

    The page itself is fetched by `plain`, its parts by `parts`, and the browser is handed both.
    """

    browser: Browser
    plain: Loader
    parts: WebClient
    robots: Robots
    user_agent: str
    seconds: float

    async def load(self, ask: Ask, download: Download) -> Reply:
        """Fetch the page, let its scripts run, and keep what they made of it."""
        reply = await self.plain.load(ask, download)
        if reply.saved is None or reply.media_type not in HTML_TYPES:
            return reply
        try:
            html = (await self._render(reply, reply.saved.path)).encode("utf-8", "replace")
        except PlaywrightError as error:
            first = error.message.splitlines()[0]
            raise NotRead(f"the browser fails: {first}", transient=True) from error
        if len(html) > download.max_bytes:
            raise LeftOut(SkipReason.TOO_LARGE, f"it is larger than {download.max_bytes} bytes")
        saved = await save(_once(html), download.path, max_bytes=download.max_bytes)
        same = saved.sha256 == download.known.sha256
        # The server's tags are of the page before its scripts ran: they would prove nothing.
        return replace(
            reply,
            etag=None,
            last_modified=None,
            unchanged=UnchangedBy.SHA256 if same else None,
            saved=saved,
        )

    async def _render(self, reply: Reply, path: Path) -> str:
        context = await self.browser.new_context(
            user_agent=self.user_agent, service_workers="block", accept_downloads=False
        )
        try:
            page = await context.new_page()
            await self._cut_off(context, page, reply, path)
            await page.goto(reply.url, wait_until="domcontentloaded", timeout=self.seconds * 1000)
            try:
                await page.wait_for_load_state("networkidle", timeout=self.seconds * 1000)
            except PlaywrightTimeoutError:
                pass  # some pages never rest; what they show by now counts
            return await page.content()
        finally:
            await context.unroute_all(behavior="ignoreErrors")
            await context.close()

    async def _cut_off(self, context: BrowserContext, page: Page, reply: Reply, path: Path) -> None:
        bringer = _Bringer(page, reply, path, self.parts, self.robots)
        await context.route("**/*", bringer.bring)
        await context.route_web_socket(re.compile(".*"), lambda socket: socket.close())


class _Bringer:
    """Answers what one page asks for: itself once, its parts, and nothing else."""

    def __init__(
        self, page: Page, reply: Reply, path: Path, client: WebClient, robots: Robots
    ) -> None:
        self._page = page
        self._reply = reply
        self._path = path
        self._client = client
        self._robots = robots
        self._opened = False
        self._requests = 0
        self._one_at_a_time = anyio.Lock()

    async def bring(self, route: Route) -> None:
        """Answer one request of the page."""
        request = route.request
        self._requests += 1
        if request.is_navigation_request():
            await self._open(route)
        elif (
            request.method != "GET"
            or request.resource_type in _UNNEEDED
            or self._requests > _MAX_REQUESTS
        ):
            await route.abort("blockedbyclient")
        else:
            await self._part(route)

    async def _open(self, route: Route) -> None:
        """Show the page that was fetched; frames and pages behind it are not opened."""
        if self._opened or route.request.frame != self._page.main_frame:
            # "No content" leaves the page as it is; an error would be shown in its place.
            await route.fulfill(status=_NO_CONTENT)
            return
        self._opened = True
        content_type = self._reply.content_type or self._reply.media_type
        await route.fulfill(path=self._path, content_type=content_type)

    async def _part(self, route: Route) -> None:
        ask = Ask(url=route.request.url, check=self._robots.check)
        try:
            async with self._one_at_a_time:
                headers, body = await self._client.fetch(ask, _read)
        except NotThere:
            await route.fulfill(status=_MISSING)
        except NotRead as ending:
            if ending.status is None:
                await route.abort("failed")
            else:
                await route.fulfill(status=ending.status)
        except LeftOut:
            await route.abort("blockedbyclient")
        else:
            await route.fulfill(headers=headers, body=body)


async def _read(response: httpx.Response) -> tuple[dict[str, str], bytes]:
    body = bytearray()
    async for part in decoded(response.aiter_raw(), response.headers.get("content-encoding", "")):
        body += part
        if len(body) > _MAX_PART_BYTES:
            raise LeftOut(SkipReason.TOO_LARGE, f"it is larger than {_MAX_PART_BYTES} bytes")
    headers = {
        name: value for name, value in response.headers.items() if name not in _HEADERS_DROPPED
    }
    return headers, bytes(body)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
