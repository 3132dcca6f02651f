"""A stream that owns its work: closing the iterator stops what produces it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from typing import TypeVar

T = TypeVar("T")
QUEUE_SIZE = 256


async def owned(produce: Callable[[], AsyncIterator[T]]) -> AsyncGenerator[T, None]:
    """Yield what `produce` yields, from a task of its own that ends with this iterator.

    A graph that is iterated inside a response runs on when the client goes away, because
    the cancellation reaches the response and not the graph's own tasks. Here the graph is
    iterated in a task, and closing this iterator cancels that task.
    """
    queue: asyncio.Queue[T] = asyncio.Queue(QUEUE_SIZE)

    async def pump() -> None:
        async for item in produce():
            await queue.put(item)

    task = asyncio.create_task(pump())
    try:
        while True:
            item = asyncio.ensure_future(queue.get())
            await asyncio.wait({item, task}, return_when=asyncio.FIRST_COMPLETED)
            if item.done():
                yield item.result()
                continue
            item.cancel()
            while not queue.empty():
                yield queue.get_nowait()
            await task
            return
    finally:
        task.cancel()
        await asyncio.wait({task})
