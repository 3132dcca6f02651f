import threading
import time
from pathlib import Path
from random import Random

import pytest

from evals.durability.moments import MAX_DELAY_S, Moment, Places, Point, choose, wait_for


def places(folder: Path) -> Places:
    return Places(
        database=folder / "db-wal",
        checkpoints=folder / "checkpoints-wal",
        objects=folder / "objects",
        vectors=folder / "vectors",
    )


def chosen(seed: int) -> list[Moment]:
    return choose(Random(seed), [*Point], 12.0, 3)  # noqa: S311 - to be repeated


def test_moments_lie_in_the_work_that_is_left_and_can_be_chosen_again() -> None:
    moments = [chosen(seed) for seed in range(200)]

    for number in range(3):
        times = [run[number].after_s for run in moments]
        assert max(times) <= 12.0 / (number + 1)
        assert max(times) > 0.9 * 12.0 / (number + 1)
    assert all(0 <= m.delay_s <= MAX_DELAY_S for run in moments for m in run)
    assert {moment.point for run in moments for moment in run} == {*Point}
    assert chosen(5) == chosen(5)


@pytest.mark.parametrize("point", [Point.DATABASE, Point.OBJECTS, Point.VECTORS])
def test_a_moment_comes_right_after_a_write(tmp_path: Path, point: Point) -> None:
    watched = places(tmp_path)
    target: Path = getattr(watched, point.value)
    if point is not Point.DATABASE:
        target.mkdir()
        target = target / "deep" / "file"
        target.parent.mkdir()
    target.write_bytes(b"before")
    written: list[float] = []

    def write() -> None:
        with target.open("ab") as file:
            file.write(b"more")
        written.append(time.monotonic())

    timer = threading.Timer(0.2, write)
    timer.start()
    came = wait_for(Moment(point, after_s=0, delay_s=0), watched, lambda: False)
    seen = time.monotonic()
    timer.join()

    assert came
    assert written
    assert seen - written[0] < 1.0


def test_nothing_is_waited_for_when_the_work_is_over(tmp_path: Path) -> None:
    started = time.monotonic()

    assert not wait_for(Moment(Point.ANY_TIME, 30, 0), places(tmp_path), lambda: True)
    assert not wait_for(Moment(Point.DATABASE, 0, 0), places(tmp_path), lambda: True)
    assert time.monotonic() - started < 5
