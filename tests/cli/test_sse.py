"""Server-sent events, however the bytes are cut."""

from collections.abc import AsyncIterator

import pytest

from cli.sse import ServerEvent, read_events

STREAM = (
    ': ping\n\nevent: token\ndata: {"text": "a\u2028ü"}\n\n'
    "id: 7\r\nevent: two\r\ndata: one\r\ndata:two\r\n\r\ndata: plain\n\nevent: cut\ndata: off"
).encode()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_events_are_read_whatever_the_pieces(size: int) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(STREAM), size):
            yield STREAM[start : start + size]

    assert [event async for event in read_events(pieces())] == [
        ServerEvent("token", '{"text": "a\u2028ü"}'),
        ServerEvent("two", "one\ntwo"),
        ServerEvent("message", "plain"),
    ]
