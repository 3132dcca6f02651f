"""Keeps web pages of strangers away from a service that trusts this machine.

A browser on the same machine can be made to call loopback: by a name that resolves to
127.0.0.1 (DNS rebinding), by a form, or by a WebSocket. All three show in Host or Origin.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.error_handlers import problem_response
from api.problems import ProblemError
from api.security.access import Access
from api.security.loopback import host_of, is_loopback

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_POLICY_VIOLATION = 1008
LIVENESS = "/healthz"
"""The path that tells whether the process lives."""


class BrowserGuard:
    """ASGI middleware for HTTP and WebSocket; `allowed_hosts` holds whoever may ask."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        allowed_hosts: Sequence[str],
        origins: Sequence[str],
    ) -> None:
        self._app = app
        self._access = access
        self._hosts = frozenset(host.lower() for host in allowed_hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it before any route sees it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refusal = await self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await problem_response(refusal, scope["path"])(scope, receive, send)

    async def _refusal(self, scope: Scope) -> ProblemError | None:
        headers = Headers(scope=scope)
        host = host_of(headers.get("host", "")).lower()
        if self._hosts and host not in self._hosts and not is_loopback(host):
            return _unknown_host(host, "add it to server.allowed_hosts")
        local = host in self._hosts or is_loopback(host)
        # There is nothing to refuse, and whether the process lives must not hang on the database.
        if local and scope["path"] == LIVENESS:
            return None
        if not await self._access.is_open():
            return None
        if not local:
            return _unknown_host(host, "without API keys the service answers to localhost only")
        acts = scope["type"] == "websocket" or scope["method"] not in _SAFE_METHODS
        if acts and not self._same_site(headers):
            return ProblemError(
                403,
                "cross-origin",
                "The request comes from another web page",
                "open the console at the service's own address, or list the page's origin "
                "in server.cors_origins",
            )
        return None

    def _same_site(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        return origin in self._origins or urlsplit(origin).netloc == headers.get("host")


def _unknown_host(host: str, way_out: str) -> ProblemError:
    shown = host[:100]
    return ProblemError(
        421, "host-refused", "The host name is not served here", f"host {shown!r}: {way_out}"
    )
