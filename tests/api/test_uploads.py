"""Receiving a form, apart from the routes."""

import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message

from api.problems import describe
from api.uploads import receive_upload
from providers.errors import StorageFullError

HEADERS = [(b"content-type", b"multipart/form-data; boundary=b")]
PART = b'--b\r\nContent-Disposition: form-data; name="files"; filename="%s"\r\n\r\n%s\r\n'


def _request(pieces: AsyncIterator[bytes]) -> Request:
    async def receive() -> Message:
        piece = await anext(pieces, b"")
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    return Request({"type": "http", "method": "POST", "headers": HEADERS}, receive)


async def _pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
async def test_files_are_whole_however_the_bytes_arrive(tmp_path: Path, size: int) -> None:
    contents = [b"one\r\n--c\r\n", b"", b"\r\n" * 50]
    parts = [PART % (b"%d.md" % number, data) for number, data in enumerate(contents)]
    request = _request(_pieces(b"".join(parts) + b"--b--\r\n", size))
    received = await receive_upload(request, max_file_mib=1, folder=tmp_path / "new")
    assert [upload.source for upload in received.uploads] == ["0.md", "1.md", "2.md"]
    assert [upload.path.read_bytes() for upload in received.uploads] == contents
    assert received.collection == "default"
    await received.discard()
    assert not _names(tmp_path / "new")


async def test_a_full_disk_is_said_so_and_nothing_is_left(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield PART % (b"a.md", b"x" * 2**21)
        yield PART % (b"b.md", b"")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageFullError, match="no room"):
        await receive_upload(_request(pieces()), max_file_mib=4, folder=tmp_path)
    assert not _names(tmp_path)


async def test_a_client_that_hangs_up_leaves_nothing(tmp_path: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield PART % (b"a.md", b"x" * 2**21)
        raise ClientDisconnect

    with pytest.raises(ClientDisconnect) as caught:
        await receive_upload(_request(pieces()), max_file_mib=4, folder=tmp_path)
    assert not _names(tmp_path)
    assert describe(caught.value).slug == "client-gone"
