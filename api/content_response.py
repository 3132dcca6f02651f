"""Sends an original from the object store without holding it in memory."""

from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.byte_ranges import ByteRange
from service.library import Content

PIECE_BYTES = 256 * 2**10
"""Bytes read from the object store at a time."""
_INLINE_TEXT = frozenset({"text/plain", "text/markdown", "text/csv"})
_INLINE_IMAGES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}
)
_PDF = "application/pdf"
_SANDBOX = (
    "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""Chromium shows a PDF in its viewer under this policy too (tried with version 150)."""


def content_headers(content: Content) -> dict[str, str]:
    """Return the headers of an original; only what cannot run a script is shown inline."""
    kind = content.media_type.partition(";")[0].strip().lower()
    inline = kind == _PDF or kind in _INLINE_TEXT or kind in _INLINE_IMAGES
    shown = f"{kind}; charset=utf-8" if inline and kind in _INLINE_TEXT else kind
    return {
        "Content-Type": shown if inline else kind or "application/octet-stream",
        "Content-Disposition": disposition(content.filename, inline=inline),
        "Content-Security-Policy": _SANDBOX,
        "ETag": f'"{content.sha256}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
    }


def disposition(filename: str, *, inline: bool) -> str:
    """Return Content-Disposition with an ASCII name and the real one (RFC 6266)."""
    kind = "inline" if inline else "attachment"
    ascii_name = "".join(
        character
        if character.isascii() and character.isprintable() and character not in '"\\%'
        else "_"
        for character in filename
    )
    return f"{kind}; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(filename, safe='')}"


class ContentResponse(Response):
    """An original or one range of it."""

    def __init__(self, content: Content, part: ByteRange | None, headers: dict[str, str]) -> None:
        super().__init__(status_code=206 if part else 200, headers=headers)
        self._content = content
        self._part = part or ByteRange(0, content.size)
        self.headers["Content-Length"] = str(self._part.end - self._part.start)
        if part is not None:
            self.headers["Content-Range"] = part.content_range(content.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the bytes; the first piece is read before the status, so a lost file is a 404."""
        if scope["method"] == "HEAD":
            await self._start(send)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        at, end = self._part.start, self._part.end
        piece = await self._read(at)
        await self._start(send)
        while True:
            at += len(piece)
            more = at < end
            await send({"type": "http.response.body", "body": piece, "more_body": more})
            if not more:
                return
            piece = await self._read(at)

    async def _read(self, at: int) -> bytes:
        stop = min(at + PIECE_BYTES, self._part.end)
        return await self._content.read(at, stop) if stop > at else b""

    async def _start(self, send: Send) -> None:
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
