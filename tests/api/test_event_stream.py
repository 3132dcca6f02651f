"""Server-sent events: order, silence, errors, and a client that goes away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from starlette.types import Message

from api import event_stream
from api.event_stream import PING, EventStream, Pump


class Lines:
    """Writes texts as lines."""

    def encode(self, event: str) -> bytes:
        return event.encode() + b"\n"

    def fail(self, error: Exception) -> bytes:
        return f"failed: {error}\n".encode()

    def close(self) -> bytes:
        return b"end\n"


class Source:
    """Yields what it is given, then waits or fails; knows whether it was closed."""

    def __init__(self, *texts: str, hang: bool = False, fail: bool = False) -> None:
        self.texts = texts
        self.hang = hang
        self.fail = fail
        self.closed = asyncio.Event()

    async def events(self) -> AsyncIterator[str]:
        try:
            for text in self.texts:
                yield text
            if self.hang:
                await asyncio.Event().wait()
            if self.fail:
                raise ValueError("no more")
        finally:
            self.closed.set()


async def _serve(response: EventStream[str], gone: asyncio.Event) -> list[bytes]:
    sent: list[bytes] = []

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])

    await response({"type": "http"}, receive, send)
    return sent


async def test_sends_all_events_and_the_end() -> None:
    source = Source("a", "b")
    sent = await _serve(EventStream(Pump(source.events()), Lines()), asyncio.Event())
    assert b"".join(sent) == b"a\nb\nend\n"
    assert source.closed.is_set()


async def test_reports_an_error_in_the_middle() -> None:
    source = Source("a", fail=True)
    sent = await _serve(EventStream(Pump(source.events()), Lines()), asyncio.Event())
    assert b"".join(sent) == b"a\nfailed: no more\n"


async def test_a_client_that_leaves_closes_the_source() -> None:
    source, gone = Source("a", hang=True), asyncio.Event()
    serving = asyncio.create_task(_serve(EventStream(Pump(source.events()), Lines()), gone))
    await asyncio.sleep(0.01)
    assert not source.closed.is_set()
    gone.set()
    await asyncio.wait_for(serving, 1)
    assert source.closed.is_set()


async def test_a_cancelled_server_closes_the_source() -> None:
    source = Source(hang=True)
    response = EventStream(Pump(source.events()), Lines())
    serving = asyncio.create_task(_serve(response, asyncio.Event()))
    await asyncio.sleep(0.01)
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    assert source.closed.is_set()


async def test_a_slow_reader_does_not_fill_the_memory() -> None:
    endless = 0

    async def events() -> AsyncIterator[str]:
        nonlocal endless
        while True:
            endless += 1
            yield "x"

    pump = Pump(events())
    await asyncio.sleep(0.05)
    assert endless < 300
    await pump.stop()


async def test_silence_is_filled_with_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "PING_INTERVAL_S", 0.01)
    source, gone = Source("a", hang=True), asyncio.Event()
    serving = asyncio.create_task(_serve(EventStream(Pump(source.events()), Lines()), gone))
    await asyncio.sleep(0.05)
    gone.set()
    assert PING in await serving


async def test_peeking_loses_nothing() -> None:
    pump = Pump(Source("early", "late").events())
    assert await pump.peek(lambda event: event == "early")
    sent = await _serve(EventStream(pump, Lines()), asyncio.Event())
    assert b"".join(sent) == b"early\nlate\nend\n"


async def test_peeking_raises_an_early_error() -> None:
    source = Source("early", fail=True)
    with pytest.raises(ValueError, match="no more"):
        await Pump(source.events()).peek(lambda event: event == "early")
    assert source.closed.is_set()


async def test_peeking_gives_up_waiting() -> None:
    pump = Pump(Source("early", hang=True).events())
    assert await pump.peek(lambda event: event == "early", grace_s=0.01)
    await pump.stop()


async def test_peeking_finds_an_empty_stream() -> None:
    assert not await Pump(Source().events()).peek(lambda _: False)
