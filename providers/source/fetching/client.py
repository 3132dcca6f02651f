"""Sends requests: over checked connections, at a polite pace, again when that may help."""

import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Self, TypeVar

import anyio
import httpcore
import httpx
from anyio import to_thread

from providers.errors import ProviderError
from providers.source.fetching.decoding import ACCEPT_ENCODING
from providers.source.fetching.options import NetworkOptions
from providers.source.fetching.outcomes import LeftOut, NotRead, NotThere
from providers.source.fetching.pace import Pace, backoff_s
from providers.source.fetching.pinning import CheckedBackend, CheckedTransport, Resolver, resolve
from providers.source.types import SkipReason, read_moment

T = TypeVar("T")

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_GOOD = frozenset(
    {HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION, HTTPStatus.NOT_MODIFIED}
)
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}) | _BUSY
_FAILURES = (
    httpx.HTTPError,
    httpx.InvalidURL,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.TimeoutException,
    ssl.SSLError,
)
_MAX_RETRY_AFTER_DIGITS = 9


async def anywhere(_url: httpx.URL) -> None:
    """Let every address pass that the network rules let pass."""


def plain(_url: httpx.URL) -> Mapping[str, str]:
    """Add no header."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A request: `headers` are made for each address on the way, so that no secret travels on.

    `check` is asked before each hop; it raises LeftOut for one that must not be taken.
    """

    url: str
    method: str = "GET"
    headers: Callable[[httpx.URL], Mapping[str, str]] = plain
    content: bytes | None = None
    check: Callable[[httpx.URL], Awaitable[None]] = anywhere


class WebClient:
    """Every hop's address is checked where it is connected to; cookies are not kept."""

    def __init__(
        self, options: NetworkOptions, pace: Pace, *, resolver: Resolver = resolve
    ) -> None:
        self._options = options
        self._pace = pace
        self.backend = CheckedBackend(options.allow_networks, resolver)
        self._client = httpx.AsyncClient(
            transport=CheckedTransport(self.backend, ca_file=options.ca_file),
            headers={"User-Agent": options.user_agent, "Accept-Encoding": ACCEPT_ENCODING},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            timeout=options.timeout_s,
            trust_env=False,
        )

    @classmethod
    async def open(
        cls, options: NetworkOptions, pace: Pace, *, resolver: Resolver = resolve
    ) -> Self:
        """Build a client; the certificates are read beside the event loop.

        Raises:
            ProviderError: `ca_file` cannot be read.
        """
        try:
            return await to_thread.run_sync(partial(cls, options, pace, resolver=resolver))
        except OSError as error:
            raise ProviderError(
                f"source.options.ca_file: {options.ca_file} cannot be used: {error}"
            ) from error

    async def fetch(self, ask: Ask, use: Callable[[httpx.Response], Awaitable[T]]) -> T:
        """Follow redirects to the answer, and return what `use` makes of it.

        `use` sees the states 200, 203 and 304 with an unread body.

        Raises:
            LeftOut: a hop must not be taken, or there are too many.
            NotThere: 404 or 410.
            NotRead: anything else, after the tries that were allowed.
        """
        attempt = 0
        while True:
            try:
                return await self._follow(ask, use)
            except NotRead as error:
                pause = self._pause(error, attempt)
                if pause is None:
                    self._note(error)
                    raise
            await anyio.sleep(pause)
            attempt += 1

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def check_url(self, url: httpx.URL) -> None:
        """Refuse what is not web, and ports that are not meant for it."""
        if url.scheme not in {"http", "https"} or not url.host:
            raise LeftOut(SkipReason.OUTSIDE, f"{str(url)[:200]} is no address of http or https")
        port = url.port or (443 if url.scheme == "https" else 80)
        if port not in self._options.ports:
            raise LeftOut(SkipReason.OUTSIDE, f"port {port} is not listed in ports")

    def _pause(self, error: NotRead, attempt: int) -> float | None:
        """Return how long to wait before the next try; None when there is none."""
        if not error.transient or attempt >= self._options.retries:
            return None
        if error.retry_after_s is None:
            return backoff_s(attempt)
        asked = error.retry_after_s
        return asked if asked <= self._options.retry_after_cap_s else None

    async def _follow(self, ask: Ask, use: Callable[[httpx.Response], Awaitable[T]]) -> T:
        try:
            url = httpx.URL(ask.url)
        except httpx.InvalidURL as error:
            raise NotRead(f"{ask.url[:200]!r} is no address: {error}", transient=False) from error
        trail = {str(url)}
        for _ in range(self._options.max_redirects + 1):
            reached = await self._hop(ask, url, use)
            if not isinstance(reached, _Redirect):
                return reached
            url = reached.to
            if str(url) in trail:
                raise LeftOut(SkipReason.REDIRECT_LIMIT, f"the redirects run in a circle at {url}")
            trail.add(str(url))
        raise LeftOut(
            SkipReason.REDIRECT_LIMIT, f"more than {self._options.max_redirects} redirects"
        )

    async def _hop(
        self, ask: Ask, url: httpx.URL, use: Callable[[httpx.Response], Awaitable[T]]
    ) -> "T | _Redirect":
        self.check_url(url)
        await ask.check(url)
        host = url.netloc.decode("ascii")
        rest = self._pace.rest_of(host)
        if rest:
            raise _resting(host, rest)
        await self._pace.wait(host)
        try:
            reached = await self._exchange(ask, url, use)
        except NotRead as error:
            error.host = host
            raise
        self._pace.succeeded(host)
        return reached

    def _note(self, error: NotRead) -> None:
        """Remember that a host has trouble, or wants to be left alone."""
        if error.host is None:
            return
        if error.transient:
            self._pace.failed(error.host)
        if error.retry_after_s and error.retry_after_s > self._options.retry_after_cap_s:
            self._pace.rest(error.host, error.retry_after_s)

    async def _exchange(
        self, ask: Ask, url: httpx.URL, use: Callable[[httpx.Response], Awaitable[T]]
    ) -> "T | _Redirect":
        request = self._client.build_request(
            ask.method, url, headers=dict(ask.headers(url)), content=ask.content
        )
        try:
            with anyio.fail_after(self._options.max_seconds):
                response = await self._client.send(request, stream=True)
                try:
                    redirect = _redirect(response)
                    return redirect or await use(_judged(response))
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise NotRead(
                f"it took longer than {self._options.max_seconds:g} s", transient=True
            ) from error
        except _FAILURES as error:
            raise _not_read(url, error) from error


@dataclass(frozen=True, slots=True)
class _Redirect:
    """Where a response sends us."""

    to: httpx.URL


def _redirect(response: httpx.Response) -> _Redirect | None:
    location = response.headers.get("location")
    if response.status_code not in _REDIRECTS or not location:
        return None
    if response.request.method != "GET":
        raise NotRead("the server redirects a request that changes things", transient=False)
    try:
        return _Redirect(response.request.url.join(location).copy_with(fragment=None))
    except (httpx.InvalidURL, ValueError) as error:
        raise NotRead(f"the redirect {location[:200]!r} is no address", transient=False) from error


def _judged(response: httpx.Response) -> httpx.Response:
    """Return a response that can be used."""
    status = response.status_code
    if status in _GOOD:
        return response
    words = f"the server answers {status} {response.reason_phrase}".strip()
    if status in _GONE:
        raise NotThere(words)
    raise NotRead(
        words,
        transient=status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR,
        retry_after_s=_retry_after(response) if status in _BUSY else None,
        status=status,
    )


def _retry_after(response: httpx.Response) -> float | None:
    """Read the seconds, or the date, after which the server wants to be asked again."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MAX_RETRY_AFTER_DIGITS])
    moment = read_moment(text)
    return None if moment is None else max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _resting(host: str, rest: float) -> NotRead:
    if rest == float("inf"):
        return NotRead(f"{host} failed too often in a row; it was given up", transient=True)
    return NotRead(
        f"{host} asked to be left alone for another {rest:.0f} s",
        transient=True,
        retry_after_s=rest,
    )


def _not_read(url: httpx.URL, error: Exception) -> NotRead:
    words = str(error) or type(error).__name__
    untrusted = any(
        isinstance(one, ssl.SSLCertVerificationError) for one in (error, *_causes(error))
    )
    return NotRead(f"{url.host}: {words}", transient=not untrusted)


def _causes(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and cause not in found:
        found.append(cause)
        cause = cause.__cause__ or cause.__context__
    return found
