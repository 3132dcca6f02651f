"""The original bytes of a document."""

from typing import Annotated

from fastapi import APIRouter, Header, Response

from api.byte_ranges import ByteRange, UnsatisfiableRangeError, parse_range
from api.content_response import ContentResponse, content_headers
from api.dependencies import Identifier, Services, Visitor
from api.documentation import problems
from api.problems import ProblemError
from service.library import Content

router = APIRouter(prefix="/api/documents", tags=["documents"])
_BINARY = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.head("/{document_id}/content", include_in_schema=False)
@router.get(
    "/{document_id}/content",
    summary="Download the original",
    response_class=Response,
    responses={
        200: {"description": "The whole file, in its own media type.", "content": _BINARY},
        206: {"description": "The range that was asked for.", "content": _BINARY},
        304: {"description": "The client has it already."},
        **problems(404, 416),
    },
)
async def get_content(
    *,
    services: Services,
    principal: Visitor,
    document_id: Identifier,
    range_header: Annotated[str | None, Header(alias="Range", examples=["bytes=0-1023"])] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Send the file as it was uploaded; one byte range at a time."""
    content = await services.library.content(principal, document_id)
    headers = content_headers(content)
    tag = headers["ETag"]
    if if_none_match is not None and _matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    wanted = range_header if if_range in (None, tag) else None
    return ContentResponse(content, _range_of(content, wanted), headers)


def _range_of(content: Content, header: str | None) -> ByteRange | None:
    try:
        return parse_range(header, content.size)
    except UnsatisfiableRangeError as error:
        raise ProblemError(
            416,
            "range-not-satisfiable",
            "The range lies outside the document",
            f"the document has {content.size} bytes; ask for a range that begins before its end",
            headers={"Content-Range": f"bytes */{content.size}"},
        ) from error


def _matches(header: str, tag: str) -> bool:
    tags = [entry.strip().removeprefix("W/") for entry in header.split(",")]
    return tag in tags or "*" in tags
