"""Serves the originals of documents to the browser, in ranges, to whoever may see them."""

from collections.abc import Callable

from fastapi import Request
from fastapi.responses import Response
from nicegui import app

from api.byte_ranges import UnsatisfiableRangeError, parse_range
from api.content_response import ContentResponse, content_headers
from api.problems import MEDIA_TYPE, describe
from console.identity import Door
from console.problems import FAILURES
from service.container import Container
from service.library import Content


def add(container: Callable[[], Container], door: Door) -> None:
    """Add the route."""

    @app.get("/documents/{document_id}/original", include_in_schema=False)
    async def original(document_id: str, request: Request, version: int | None = None) -> Response:
        session, client = door.caller(request)
        try:
            principal = await door.principal(session, client)
            content = await container().library.content(principal, document_id, version=version)
        except FAILURES as error:
            problem = describe(error, instance=request.url.path)
            return Response(problem.model_dump_json(), problem.status, media_type=MEDIA_TYPE)
        return respond(content, request.headers.get("range"))


def respond(content: Content, asked: str | None) -> Response:
    """Answer with the whole original, or the one range that a `Range` header asks for."""
    try:
        part = parse_range(asked, content.size)
    except UnsatisfiableRangeError:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{content.size}"})
    return ContentResponse(content, part, content_headers(content))
