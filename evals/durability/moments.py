"""When to kill: at any time, or right after a store has written something."""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Final

POLL_S: Final = 0.0005
RESCAN_S: Final = 0.1
"""How often new files are looked for; known ones are looked at every time."""
MAX_DELAY_S: Final = 0.004
"""Latest moment after a write: within it a run goes from one store's commit to the next one's."""


class Point(StrEnum):
    """What a kill comes right after."""

    ANY_TIME = "any_time"
    DATABASE = "database"
    CHECKPOINTS = "checkpoints"
    OBJECTS = "objects"
    VECTORS = "vectors"


@dataclass(frozen=True, slots=True)
class Moment:
    """A kill: after `after_s` seconds of work, at the next write of the store, plus `delay_s`."""

    point: Point
    after_s: float
    delay_s: float


@dataclass(frozen=True, slots=True)
class Places:
    """Where the stores of a home write."""

    database: Path
    checkpoints: Path
    objects: Path
    vectors: Path

    @classmethod
    def of(cls, home: Path) -> "Places":
        """Return the places of an embedded home."""
        return cls(
            database=home / "cicerone.db-wal",
            checkpoints=home / "checkpoints.db-wal",
            objects=home / "object_store",
            vectors=home / "vector_store",
        )


def choose(chance: Random, points: list[Point], work_s: float, kills: int) -> list[Moment]:
    """Choose the moments of one run, whose undisturbed work takes `work_s` seconds.

    Times are uniform over the work that each start still has to do, on average.
    """
    return [
        Moment(
            point=chance.choice(points),
            after_s=chance.uniform(0, work_s / (number + 1)),
            delay_s=chance.uniform(0, MAX_DELAY_S),
        )
        for number in range(kills)
    ]


def wait_for(moment: Moment, places: Places, over: Callable[[], bool]) -> bool:
    """Wait for a moment; False when the work was over before.

    Args:
        moment: What to wait for.
        places: Where the stores write.
        over: Whether nothing is left to disturb; asked now and then.
    """
    deadline = time.monotonic() + moment.after_s
    while (left := deadline - time.monotonic()) > 0:
        time.sleep(min(left, 0.25))
        if over():
            return False
    if moment.point is Point.ANY_TIME:
        return True
    path = getattr(places, moment.point.value)
    if not _wait_for_write(path, over):
        return False
    time.sleep(moment.delay_s)
    return True


def _wait_for_write(path: Path, over: Callable[[], bool]) -> bool:
    files = list(_files(path))
    before, scanned = _stamps(files), time.monotonic()
    while True:
        if time.monotonic() - scanned > RESCAN_S:
            fresh, scanned = list(_files(path)), time.monotonic()
            if fresh != files:
                return True
            if over():
                return False
        if _stamps(files) != before:
            return True
        time.sleep(POLL_S)


def _files(path: Path) -> Iterator[str]:
    if path.is_dir():
        for folder, _, names in os.walk(path):
            yield from (f"{folder}/{name}" for name in names)
    else:
        yield str(path)


def _stamps(files: list[str]) -> list[tuple[int, int]]:
    return [_stamp(file) for file in files]


def _stamp(file: str) -> tuple[int, int]:
    try:
        found = os.stat(file)
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
