"""Connects to the very address that was checked, so that a name cannot change in between."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from pathlib import Path

import anyio
import httpcore
import httpx

from providers.source.fetching.addresses import Network, may_reach
from providers.source.fetching.outcomes import LeftOut
from providers.source.types import SkipReason

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Finds the addresses of a name, as text."""


async def resolve(host: str, port: int) -> list[str]:
    """Ask the machine's resolver; forms such as `0x7f.1` become the address they stand for."""
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, refuses it if any address is not allowed, and connects to those."""

    def __init__(self, allowed: Sequence[Network], resolver: Resolver = resolve) -> None:
        self._allowed = tuple(allowed)
        self._resolver = resolver
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of `host` that answers."""
        failure: Exception | None = None
        for address in await self.addresses(host, port):
            try:
                return await self._backend.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError(f"{host} has no address")

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is httpcore's
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: a socket of this machine is no web site."""
        raise LeftOut(SkipReason.PRIVATE_ADDRESS, f"{path} is a socket of this machine")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await anyio.sleep(seconds)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a name; one that is not allowed refuses them all.

        Raises:
            LeftOut: an address is private, or of a network that is none of the public's.
            httpcore.ConnectError: the name is not known.
        """
        try:
            found = await self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"the name {host!r} is not known: {error}") from error
        for address in found:
            if not may_reach(address, self._allowed):
                raise LeftOut(
                    SkipReason.PRIVATE_ADDRESS,
                    f"{host} is {address}, which is not a public address; list its network in "
                    "allow_networks if you mean it",
                )
        return found


class CheckedTransport(httpx.AsyncBaseTransport):
    """Sends requests over checked connections only; proxies are never used."""

    def __init__(self, backend: CheckedBackend, *, ca_file: Path | None = None) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        if ca_file is not None:
            context.load_verify_locations(ca_file)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_keepalive_connections=8,
            network_backend=backend,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; redirects are the caller's."""
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_Body(response),
            extensions=response.extensions,
        )

    async def aclose(self) -> None:
        """Close the connections."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of a response, as httpx wants it."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._response.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._response.aclose()
