"""Serves `/metrics` from a process that has no API: a worker's."""

import asyncio
import secrets
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from socket import AF_INET6
from typing import Any, Final

import anyio.to_thread
import structlog

from service.errors import SettingsError
from service.metrics.exposition import CONTENT_TYPE
from service.metrics.settings import MetricsSettings

log = structlog.get_logger("cicerone.metrics")
PATIENCE_S: Final = 10.0
"""How long a reader waits for the text, and how long the server waits for a reader."""
Text = Callable[[], Awaitable[bytes]]


@asynccontextmanager
async def served_metrics(
    settings: MetricsSettings, text: Text, number: int = 0
) -> AsyncIterator[int | None]:
    """Serve the text while the block runs; yields the port, None where nothing is served.

    Args:
        settings: Where, and for whom.
        text: Makes the text; it runs in the loop of the caller.
        number: Which of a worker's processes this is, from 0: each has a port of its own.

    Raises:
        SettingsError: the port is taken, or the address not this machine's.
    """
    if settings.worker_port is None or not settings.enabled:
        yield None
        return
    port = settings.worker_port + number
    server = _listening(settings, port, _Source(text, asyncio.get_running_loop()))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True, name="metrics")
    thread.start()
    log.info("metrics.served", host=str(settings.worker_host), port=port)
    try:
        yield port
    finally:
        await anyio.to_thread.run_sync(server.shutdown)
        server.server_close()


class _Source:
    """Gets the text, from a thread, out of the loop in which the service lives."""

    def __init__(self, text: Text, loop: asyncio.AbstractEventLoop) -> None:
        self._text = text
        self._loop = loop

    def read(self) -> bytes:
        async def made() -> bytes:
            async with asyncio.timeout(PATIENCE_S):
                return await self._text()

        return asyncio.run_coroutine_threadsafe(made(), self._loop).result(2 * PATIENCE_S)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    source: _Source
    token: bytes | None


class _ServerOfIPv6(_Server):
    address_family = AF_INET6


def _listening(settings: MetricsSettings, port: int, source: _Source) -> _Server:
    host, token = settings.worker_host, settings.token
    kind = _Server if isinstance(host, IPv4Address) else _ServerOfIPv6
    try:
        server = kind((str(host), port), _Reader)
    except OSError as error:
        raise SettingsError(
            f"metrics.worker_port: cannot listen on {host}, port {port}: {error.strerror}; "
            "each process of a worker takes one port, from this one on"
        ) from error
    server.source = source
    server.token = None if token is None else token.get_secret_value().encode()
    return server


class _Reader(BaseHTTPRequestHandler):
    """One request: the text, or a status that says why there is none."""

    timeout = PATIENCE_S
    server: _Server
    server_version = "cicerone"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer."""
        if self.path.partition("?")[0] != "/metrics":
            self._end(HTTPStatus.NOT_FOUND)
        elif not self._admitted():
            self._end(HTTPStatus.UNAUTHORIZED)
        else:
            try:
                self._end(HTTPStatus.OK, self.server.source.read())
            except TimeoutError:
                self._end(HTTPStatus.SERVICE_UNAVAILABLE)

    def log_message(self, *_: Any) -> None:
        """Say nothing: what is asked every few seconds is not worth a line."""

    def _admitted(self) -> bool:
        expected = self.server.token
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        return expected is None or (
            scheme.lower() == "bearer" and secrets.compare_digest(given.encode(), expected)
        )

    def _end(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)
