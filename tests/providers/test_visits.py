"""A coroutine that waits only for this process runs from start to end in one thread."""

import asyncio
import threading

import pytest

from providers.visits import in_one_visit, in_thread, visiting


async def name_of_thread() -> str:
    return await in_thread(lambda: threading.current_thread().name)


async def test_blocking_work_leaves_the_event_loop() -> None:
    assert await name_of_thread() != threading.current_thread().name
    assert not visiting()


async def test_a_visit_does_everything_in_one_thread() -> None:
    async def work() -> set[str]:
        assert visiting()
        here = threading.current_thread().name
        return {here, await name_of_thread(), await name_of_thread()}

    (name,) = await in_one_visit(work)
    assert name != threading.current_thread().name
    assert not visiting()


async def test_the_loop_goes_on_during_a_visit() -> None:
    went_on = threading.Event()

    async def work() -> bool:
        return await in_thread(went_on.wait, 5.0)

    asyncio.get_running_loop().call_soon(went_on.set)
    assert await in_one_visit(work)


async def test_errors_come_out_and_the_thread_is_as_before() -> None:
    async def work() -> None:
        await in_thread(int, "x")

    with pytest.raises(ValueError, match="invalid literal"):
        await in_one_visit(work)
    assert not await in_thread(visiting)


async def test_waiting_for_something_else_is_said() -> None:
    class Elsewhere:
        def __await__(self):  # type: ignore[no-untyped-def]
            yield

    async def work() -> None:
        await Elsewhere()

    with pytest.raises(RuntimeError, match="not in this process"):
        await in_one_visit(work)
    assert not await in_thread(visiting)
