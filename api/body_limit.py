"""Bounds the bodies that are read into memory.

Uploads go to disk and have their own limits in `uploads`; mounted pages have theirs.
"""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.error_handlers import problem_response
from api.paths import takes_files
from api.problems import ProblemError

_KIB = 2**10
_API_PATHS = ("/api/", "/v1/", "/mcp")
_UPLOADS = "/api/documents"


def body_too_large(limit: str) -> ProblemError:
    """Build the refusal of a body larger than `limit` (a size with its unit)."""
    return ProblemError(
        413, "body-too-large", "The body is too large", f"send {limit} at most, or ask in parts"
    )


class BodyLimit:
    """ASGI middleware that stops reading the body of an API request after `max_kib` KiB."""

    def __init__(self, app: ASGIApp, *, max_kib: int) -> None:
        self._app = app
        self._max_bytes = max_kib * _KIB
        self._shown = f"{max_kib} KiB"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse by the declared length at once, and by the real one while reading."""
        if not _is_bounded(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        declared = headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared[:20]) > self._max_bytes:
            response = problem_response(body_too_large(self._shown), scope["path"])
            await response(scope, receive, send)
            return
        await self._app(scope, self._bounded(receive), send)

    def _bounded(self, receive: Receive) -> Receive:
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max_bytes:
                raise body_too_large(self._shown)
            return message

        return bounded


def _is_bounded(scope: Scope) -> bool:
    if scope["type"] != "http" or not scope["path"].startswith(_API_PATHS):
        return False
    if takes_files(scope["path"]):
        return False
    kind = Headers(scope=scope).get("content-type", "").lower()
    return scope["path"] != _UPLOADS or not kind.startswith("multipart/form-data")
