"""Reads server-sent events."""

from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event; `data` has its lines joined by line feeds."""

    name: str
    data: str


async def read_events(pieces: AsyncIterator[bytes]) -> AsyncIterator[ServerEvent]:
    """Yield the events of a byte stream; comments and an unfinished last event are dropped.

    Lines end at line feeds alone: the data may hold characters that Unicode counts as line
    ends, such as U+2028, and those are text.
    """
    fields: list[tuple[str, str]] = []
    async for line in _lines(pieces):
        if line:
            name, _, value = line.partition(":")
            fields.append((name, value.removeprefix(" ")))
            continue
        if data := [value for name, value in fields if name == "data"]:
            yield ServerEvent(dict(fields).get("event", "message"), "\n".join(data))
        fields = []


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[str]:
    rest = b""
    async for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            yield line.removesuffix(b"\r").decode("utf-8")
