"""Closing a stream stops its producer; an error of the producer reaches the consumer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from service.streams import owned


async def test_yields_everything_in_order() -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in range(1000):
            yield number

    assert [number async for number in owned(numbers)] == list(range(1000))


async def test_closing_stops_the_producer() -> None:
    stopped = asyncio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0.001)
        finally:
            stopped.set()

    async with aclosing(owned(endless)) as stream:
        async for _ in stream:
            break
    async with asyncio.timeout(1):
        await stopped.wait()


async def test_an_error_arrives_after_what_came_before() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        raise ValueError("broken")

    seen: list[int] = []
    with pytest.raises(ValueError, match="broken"):
        async for number in owned(failing):
            seen.append(number)
    assert seen == [1]
