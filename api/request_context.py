"""The outermost layer: a trace id for each request, headers for each response, no stack traces."""

import re
import time
from http import HTTPStatus

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.baggage import tags_of
from api.error_handlers import problem_response
from api.paths import shown
from providers.telemetry import Doing, Span, nothing, tag
from service.container import Container
from service.correlation import start_trace

TRACE_HEADER = "X-Trace-Id"
RESPONSE_HEADERS = "cicerone.response_headers"
"""Key in a request's scope: headers that every response to it carries, errors included."""
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}"
)
_API_PATHS = ("/api/", "/v1/", "/mcp", "/healthz", "/readyz")
_RECORDED = ("/api/", "/v1/", "/mcp")
_QUIET = ("/healthz", "/readyz")
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger(__name__)


class RequestContext:
    """ASGI middleware that gives each request a trace and each response its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; an unexpected error becomes a problem of status 500."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        structlog.contextvars.clear_contextvars()
        headers = Headers(scope=scope)
        given = _given(headers.get("traceparent"))
        trace_id = start_trace(given[0] if given else None)
        scope[RESPONSE_HEADERS] = {TRACE_HEADER: trace_id}
        exchange = _Exchange(scope, send)
        with _recorded(scope, given[1] if given else None) as span:
            tag(**tags_of(headers.get("baggage")))
            await self._serve(scope, receive, exchange)
            exchange.tell(span)
        exchange.log()

    async def _serve(self, scope: Scope, receive: Receive, exchange: "_Exchange") -> None:
        try:
            await self._app(scope, receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - the outermost border: logged, and made a problem
            response = problem_response(error, scope["path"])
            if exchange.status is None:
                await response(scope, receive, exchange.send)


class _Exchange:
    """One request and its response, as far as it has got."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._started = time.perf_counter()
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        """Pass a message on; the first one gets the headers."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers().items():
                headers.setdefault(name, value)
        await self._send(message)

    def _headers(self) -> dict[str, str]:
        found = {**self._scope[RESPONSE_HEADERS], **_SECURITY_HEADERS}
        if self._scope["path"].startswith(_API_PATHS):
            found |= _API_HEADERS
        return found

    def tell(self, span: Span) -> None:
        """Say on a span which route was asked, and how that went."""
        if span.run is None:
            return
        route = getattr(self._scope.get("route"), "path", "other")
        span.name = f"{self._scope['method']} {route}"
        span.set(method=self._scope["method"], route=route, status=self.status)
        if (self.status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR:
            span.error, span.run.kept = f"HTTP {self.status}", True

    def log(self) -> None:
        """Log the request; probes only when they fail."""
        path = self._scope["path"]
        if path in _QUIET and self.status == HTTPStatus.OK:
            return
        _log.info(
            "request.finished",
            method=self._scope["method"],
            path=shown(path),
            status=self.status,
            ms=round((time.perf_counter() - self._started) * 1000, 1),
        )


def _given(traceparent: str | None) -> tuple[str, str] | None:
    """Return the ids of the trace and of the calling span of a valid W3C traceparent header."""
    found = _TRACEPARENT.match(traceparent) if traceparent else None
    return (found[1], found[2]) if found else None


def _recorded(scope: Scope, parent_id: str | None) -> Doing:
    """Return a context manager for a request of the API; pages and probes are not recorded."""
    container: Container | None = getattr(scope["app"].state, "container", None)
    if container is None or not scope["path"].startswith(_RECORDED):
        return nothing()
    return container.tracer.request(scope["path"], parent_id)
