"""Blocking work of several providers in one visit to a thread.

Each change of thread costs a search more than most of its steps do: the event loop's thread has
fallen asleep meanwhile, and must be woken. A coroutine that only ever waits for work of this
process can run from start to end in a worker thread; what it awaits is then done right there.
"""

import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, TypeVarTuple

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class _Visit(threading.local):
    on: bool = False


_visit = _Visit()


def visiting() -> bool:
    """Tell whether this is a worker thread in which a coroutine runs as a whole."""
    return _visit.on


async def in_thread(
    work: Callable[[*Ts], T], *args: *Ts, limiter: CapacityLimiter | None = None
) -> T:
    """Do blocking work in a worker thread; during a visit, right here."""
    if _visit.on:
        return work(*args)
    return await to_thread.run_sync(work, *args, limiter=limiter)


async def in_one_visit(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine as a whole in one worker thread.

    Everything it waits for must go through `in_thread`: there is no event loop in there.

    Raises:
        RuntimeError: it waited for something else.
    """
    return await to_thread.run_sync(run_visit, work)


def run_visit(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine as a whole right here, in a worker thread (see `in_one_visit`).

    Raises:
        RuntimeError: it waited for something else.
    """
    _visit.on = True
    coroutine = work()
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    finally:
        _visit.on = False
        coroutine.close()
    raise RuntimeError("a visit to a thread waited for something that is not in this process")
