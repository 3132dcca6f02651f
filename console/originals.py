"""Serves the originals of documents to the browser, in ranges, to whoever may see them."""

from collections.abc import AsyncIterator, Callable
from typing import Final
from urllib.parse import quote

from fastapi import HTTPException, Request
from fastapi.responses import Response, StreamingResponse
from nicegui import app

from console.identity import Door
from service.container import Container
from service.errors import ServiceError
from service.library import Content

_PIECE: Final = 256 * 1024
"""Bytes read from the object store at a time."""
_SHOWN: Final = {
    "application/pdf": "application/pdf",
    "text/plain": "text/plain; charset=utf-8",
    "text/markdown": "text/plain; charset=utf-8",
}
"""Types a browser may show in place; anything else could run script as this site: download."""


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the route."""

    @app.get("/documents/{document_id}/original", include_in_schema=False)
    async def original(document_id: str, request: Request, version: int | None = None) -> Response:
        visitor = await door.visitor(request)
        if visitor is None:
            raise HTTPException(401, "sign in to see documents")
        try:
            content = await container().library.content(
                await visitor.principal(), document_id, version=version
            )
        except ServiceError as error:
            raise HTTPException(error.status, str(error)) from error
        return respond(content, request.headers.get("range"))


def respond(content: Content, asked: str | None) -> Response:
    """Answer with the whole original or the one range that was asked for."""
    wanted = byte_range(asked, content.size)
    if wanted is None and asked and asked.startswith("bytes=") and "," not in asked:
        return Response(status_code=416, headers={"content-range": f"bytes */{content.size}"})
    start, end = wanted or (0, content.size)
    shown = _SHOWN.get(content.media_type)
    headers = {
        "accept-ranges": "bytes",
        "content-length": str(end - start),
        "content-disposition": f"{'inline' if shown else 'attachment'}; "
        f"filename*=UTF-8''{quote(content.filename)}",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-cache",
        "etag": f'"{content.sha256}"',
    }
    if wanted:
        headers["content-range"] = f"bytes {start}-{end - 1}/{content.size}"
    return StreamingResponse(
        _pieces(content, start, end),
        status_code=206 if wanted else 200,
        media_type=shown or "application/octet-stream",
        headers=headers,
    )


def byte_range(asked: str | None, size: int) -> tuple[int, int] | None:
    """Read a `Range` header of one range into [start, end), or None when it names no such."""
    if not asked or not asked.startswith("bytes=") or "," in asked:
        return None
    first, dash, last = asked.removeprefix("bytes=").strip().partition("-")
    if not dash or not (first + last).isdecimal():
        return None
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None


async def _pieces(content: Content, start: int, end: int) -> AsyncIterator[bytes]:
    for position in range(start, end, _PIECE):
        yield await content.read(position, min(position + _PIECE, end))
