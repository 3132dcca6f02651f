"""Asks each host's robots.txt, as RFC 9309 says."""

from http import HTTPStatus

import httpx
from protego import Protego

from providers.source.fetching.client import Ask, WebClient
from providers.source.fetching.decoding import decoded
from providers.source.fetching.options import AGENT
from providers.source.fetching.outcomes import LeftOut, NotRead, NotThere
from providers.source.fetching.pace import Pace
from providers.source.types import SkipReason

_MAX_BYTES = 500 * 1024
"""The least that RFC 9309 wants read; what lies beyond is not."""


class Robots:
    """The rules of the hosts of one crawl; each host is asked once."""

    def __init__(self, client: WebClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace
        self._rules: dict[str, Protego | NotRead | LeftOut] = {}

    async def check(self, url: httpx.URL) -> None:
        """Let an address pass that its host lets pass.

        Raises:
            LeftOut: the host forbids it, or may not be reached at all.
            NotRead: the host cannot say now; nothing of it may be read (RFC 9309, 2.3.1.4).
        """
        rules = await self._of(url)
        if not isinstance(rules, Protego):
            raise rules.with_traceback(None)  # raised for each page: frames must not pile up
        if not rules.can_fetch(str(url), AGENT):
            raise LeftOut(SkipReason.ROBOTS, f"the robots.txt of {url.host} forbids it")

    async def sitemaps(self, url: httpx.URL) -> list[str]:
        """List the sitemaps that the host names."""
        rules = await self._of(url)
        return list(rules.sitemaps) if isinstance(rules, Protego) else []

    async def _of(self, url: httpx.URL) -> Protego | NotRead | LeftOut:
        root = f"{url.scheme}://{url.netloc.decode('ascii')}"
        if root not in self._rules:
            self._rules[root] = await self._ask(root)
            self._slow_down(url.netloc.decode("ascii"), self._rules[root])
        return self._rules[root]

    async def _ask(self, root: str) -> Protego | NotRead | LeftOut:
        try:
            text = await self._client.fetch(Ask(url=f"{root}/robots.txt"), _read)
        except NotThere:
            text = ""
        except LeftOut as ending:
            # Too many redirects count as no rules; an address out of bounds forbids the host.
            if ending.reason is not SkipReason.REDIRECT_LIMIT:
                return ending
            text = ""
        except NotRead as ending:
            if not _is_client_error(ending.status):
                return _unreachable(root, ending)
            text = ""
        return Protego.parse(text)

    def _slow_down(self, host: str, rules: Protego | NotRead | LeftOut) -> None:
        if not isinstance(rules, Protego):
            return
        rate = rules.request_rate(AGENT)
        asked = [rules.crawl_delay(AGENT) or 0.0]
        if rate is not None and rate.requests:
            asked.append(rate.seconds / rate.requests)
        self._pace.slow_down(host, max(asked))


def _is_client_error(status: int | None) -> bool:
    """Tell whether the host said that it has no rules; "too many requests" says nothing."""
    return (
        status is not None
        and HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT}
    )


def _unreachable(root: str, ending: NotRead) -> NotRead:
    return NotRead(
        f"{root}/robots.txt cannot be read, so nothing may be taken from there now: {ending}",
        transient=True,
        retry_after_s=ending.retry_after_s,
    )


async def _read(response: httpx.Response) -> str:
    kept = bytearray()
    async for part in decoded(response.aiter_raw(), response.headers.get("content-encoding", "")):
        kept += part
        if len(kept) >= _MAX_BYTES:
            break
    return bytes(kept[:_MAX_BYTES]).decode("utf-8-sig", "replace")
