"""Whose turn it is: beginners in the order they came, then those that are written down."""

import asyncio

import pytest

from graphs.query import pacing
from graphs.query.pacing import UNPACED, Pace


async def spin(times: int = 5) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_so_many_begin_at_a_time_in_the_order_they_came() -> None:
    pace, began = Pace(2), list[int]()
    doors = [asyncio.Event() for _ in range(6)]

    async def begin(number: int) -> None:
        async with pace.start():
            began.append(number)
            await doors[number].wait()

    async with asyncio.TaskGroup() as group:
        for number in range(6):
            group.create_task(begin(number))
        await spin()
        assert began == [0, 1]
        doors[1].set()
        await spin()
        assert began == [0, 1, 2]
        for door in doors:
            door.set()
    assert began == [0, 1, 2, 3, 4, 5]


async def test_who_turns_to_a_model_lets_the_next_one_begin_once() -> None:
    pace = Pace(1)
    async with pace.start() as first:
        first.over()
        first.over()
        async with asyncio.timeout(1), pace.start():
            third = asyncio.create_task(pace.start().__aenter__())
            await spin()
            assert not third.done(), "a place that is given back twice is one place"
        await asyncio.wait_for(third, 1)


async def test_who_stops_waiting_leaves_the_line() -> None:
    pace = Pace(1)
    async with pace.start():
        waiting = asyncio.create_task(pace.start().__aenter__())
        await spin()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with asyncio.timeout(1), pace.start(), pace.settling():
        pass


async def test_what_is_written_down_waits_for_who_has_not_begun() -> None:
    pace, events = Pace(1), list[str]()
    door = asyncio.Event()

    async def begin(name: str) -> None:
        async with pace.start():
            events.append(name)
            await door.wait()

    async def settle() -> None:
        async with pace.settling():
            events.append("settled")

    async with asyncio.TaskGroup() as group:
        group.create_task(begin("first"))
        await spin()
        group.create_task(begin("second"))
        await spin()
        group.create_task(settle())
        await spin()
        assert events == ["first"]
        door.set()
    assert events == ["first", "second", "settled"]


async def test_there_is_time_to_ask_again_before_the_next_is_written_down() -> None:
    pace, events = Pace(1), list[str]()
    loop = asyncio.get_running_loop()

    async def settle(name: str) -> None:
        async with pace.settling():
            events.append(name)
            # The answer leaves, and the next question comes a few turns of the loop later.
            loop.call_later(pacing.BREATH_S / 4, lambda: asked.append(loop.create_task(ask())))

    async def ask() -> None:
        async with pace.start():
            events.append("asked")

    asked: list[asyncio.Task[None]] = []
    async with asyncio.timeout(5):
        await asyncio.gather(settle("one"), settle("two"))
        await asyncio.sleep(pacing.BREATH_S)
        await asyncio.gather(*asked)
    assert events == ["one", "asked", "two", "asked"]


async def test_nothing_waits_for_ever_to_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "PATIENCE_S", 0.02)
    pace = Pace(1)
    async with pace.start():
        waiting = asyncio.create_task(pace.start().__aenter__())
        await spin()
        async with asyncio.timeout(1):
            for _ in range(5):
                async with pace.settling():
                    pass
        assert not waiting.done()
    await waiting


async def test_where_others_do_the_work_nobody_waits() -> None:
    for pace in (UNPACED, Pace.of_machine(in_process=False)):
        async with asyncio.timeout(1), asyncio.TaskGroup() as group:
            barrier = asyncio.Barrier(50)

            async def begin(pace: Pace = pace, barrier: asyncio.Barrier = barrier) -> None:
                async with pace.start(), pace.settling():
                    await barrier.wait()

            for _ in range(50):
                group.create_task(begin())
