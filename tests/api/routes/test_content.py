"""Originals: whole, in part, not at all, and without harm to a browser."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api.content_response import PIECE_BYTES, content_headers, disposition
from service.library import Content

Upload = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def address(manual: dict[str, Any]) -> str:
    return f"/api/documents/{manual['document_id']}/content"


async def test_sends_the_bytes_that_were_uploaded(
    client: httpx.AsyncClient, manual: dict[str, Any], address: str
) -> None:
    response = await client.get(address)
    assert response.status_code == 200
    assert len(response.content) == manual["bytes"]
    assert response.headers["etag"] == f'"{manual["sha256"]}"'
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("sandbox")
    assert "filename*=UTF-8''manual.md" in response.headers["content-disposition"]


async def test_sends_a_range(client: httpx.AsyncClient, address: str) -> None:
    whole = (await client.get(address)).content
    part = await client.get(address, headers={"Range": "bytes=2-11"})
    assert part.status_code == 206
    assert part.content == whole[2:12]
    assert part.headers["content-range"] == f"bytes 2-11/{len(whole)}"
    assert part.headers["content-length"] == "10"
    behind = await client.get(address, headers={"Range": "bytes=999999-"})
    assert behind.status_code == 416
    assert behind.headers["content-range"] == f"bytes */{len(whole)}"


async def test_a_range_of_another_version_is_sent_whole(
    client: httpx.AsyncClient, address: str
) -> None:
    tag = (await client.get(address)).headers["etag"]
    same = await client.get(address, headers={"Range": "bytes=0-0", "If-Range": tag})
    assert same.status_code == 206
    other = await client.get(address, headers={"Range": "bytes=0-0", "If-Range": '"old"'})
    assert other.status_code == 200


async def test_what_the_client_has_is_not_sent_again(
    client: httpx.AsyncClient, address: str
) -> None:
    tag = (await client.get(address)).headers["etag"]
    for header in (tag, f'"x", W/{tag}', "*"):
        response = await client.get(address, headers={"If-None-Match": header})
        assert (response.status_code, response.content) == (304, b"")
    assert (await client.get(address, headers={"If-None-Match": '"x"'})).status_code == 200


async def test_tells_the_size_without_the_bytes(client: httpx.AsyncClient, address: str) -> None:
    whole = await client.get(address)
    head = await client.head(address)
    assert head.status_code == 200
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["etag"] == whole.headers["etag"]


async def test_pieces_join_to_the_whole(client: httpx.AsyncClient, upload: Upload) -> None:
    data = b"# Long\n\n" + bytes(range(32, 127)) * (PIECE_BYTES // 40)
    document = await upload(client, "long.md", data)
    response = await client.get(f"/api/documents/{document['document_id']}/content")
    assert response.content == data


def _content(media_type: str) -> Content:
    async def read(start: int, end: int) -> bytes:
        return b""

    return Content(filename="f", media_type=media_type, size=0, sha256="0", read=read)


@pytest.mark.parametrize(
    ("media_type", "inline"),
    [
        ("application/pdf", True),
        ("text/plain", True),
        ("image/png", True),
        ("image/svg+xml", False),
        ("text/html", False),
        ("application/xhtml+xml", False),
        ("application/octet-stream", False),
        ("", False),
    ],
)
def test_only_what_cannot_run_a_script_is_shown(media_type: str, inline: bool) -> None:
    headers = content_headers(_content(media_type))
    assert headers["Content-Disposition"].startswith("inline" if inline else "attachment")
    assert headers["Content-Security-Policy"].startswith("sandbox;")
    assert headers["Content-Type"]


def test_names_cannot_break_out_of_the_header() -> None:
    header = disposition('Ü"; x=\r\ny%.pdf', inline=False)
    assert "\r" not in header
    assert header.count('"') == 2
    assert header.endswith("filename*=UTF-8''%C3%9C%22%3B%20x%3D%0D%0Ay%25.pdf")
