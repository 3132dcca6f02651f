"""Several requests at once, but no more than the server should be asked to bear."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


async def side_by_side(
    work: Callable[[T], Awaitable[R]], items: Sequence[T], *, at_once: int
) -> list[R]:
    """Do `work` for each item and return the results in order.

    The first failure ends the rest and is raised as it is.
    """
    if len(items) == 1:  # a question: no task is made for it
        return [await work(items[0])]
    gate = asyncio.Semaphore(at_once)

    async def one(item: T) -> R:
        async with gate:
            return await work(item)

    failures: tuple[Exception, ...]
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(item)) for item in items]
        return [task.result() for task in tasks]
    except ExceptionGroup as found:
        failures = found.exceptions
    raise failures[0]


def slices(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Cut `items` into runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
