"""A stream that owns its work: closing the iterator stops what produces it."""

import asyncio
from collections import deque
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
    held: deque[T] = deque()
    room = asyncio.Semaphore(QUEUE_SIZE)
    stirred = asyncio.Event()

    async def pump() -> None:
        async for item in produce():
            await room.acquire()
            held.append(item)
            stirred.set()

    task = asyncio.create_task(pump())
    task.add_done_callback(lambda _: stirred.set())
    try:
        while True:
            # A queue would need a task for each item, to be woken by the producer's end as well.
            await stirred.wait()
            stirred.clear()
            while held:
                room.release()
                yield held.popleft()
            if task.done():
                task.result()
                return
    finally:
        task.cancel()
        await asyncio.wait({task})
