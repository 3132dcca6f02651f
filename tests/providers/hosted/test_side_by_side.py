"""Several requests at once."""

import asyncio

import pytest

from providers.errors import ProviderError
from providers.hosted.side_by_side import side_by_side, slices


async def test_results_keep_their_order_and_the_bound_holds() -> None:
    busy, busiest = 0, 0

    async def work(item: int) -> int:
        nonlocal busy, busiest
        busy += 1
        busiest = max(busiest, busy)
        await asyncio.sleep(0.01 / (item + 1))
        busy -= 1
        return item * item

    assert await side_by_side(work, range(20), at_once=3) == [n * n for n in range(20)]
    assert busiest == 3
    assert await side_by_side(work, [], at_once=3) == []


@pytest.mark.parametrize("count", [1, 5])
async def test_the_first_failure_ends_the_rest(count: int) -> None:
    finished: list[int] = []

    async def work(item: int) -> None:
        if item == 0:
            raise ProviderError("no")
        await asyncio.sleep(0.2)
        finished.append(item)

    with pytest.raises(ProviderError, match="no"):
        await side_by_side(work, range(count), at_once=8)
    await asyncio.sleep(0.25)
    assert finished == []


async def test_cancelling_cancels_all() -> None:
    ended: list[int] = []

    async def work(item: int) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            ended.append(item)

    task = asyncio.create_task(side_by_side(work, range(4), at_once=2))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(ended) == [0, 1]


def test_slices() -> None:
    assert [list(part) for part in slices(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert list(slices([], 3)) == []
