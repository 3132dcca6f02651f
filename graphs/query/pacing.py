"""Whose turn it is when more people ask than this machine can answer at once.

Answers that share a processor evenly all begin late: fifty at a time each wait for fifty. So
those that have not begun go before those that only have to be written down, a few at a time and
in the order they came: the first word comes early, and the last one when it would have come
anyway. Where nobody waits, nothing here does.

A graph whose encoders or store stand on other machines mostly waits for them; it is not paced.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

PATIENCE_S: Final = 5.0
"""How long an answer waits to be written down while others wait to begin, at most."""
_MOST: Final = 2
"""Answers that prepare at a time, at most."""
BREATH_S: Final = 0.01
"""Seconds between two answers that are written down.

Whoever got an answer may have the next question ready. Without time for it to arrive, all that
wait are written down as soon as nobody prepares for a moment, and all ask again at once.
"""


class Pace:
    """Lets answers begin in the order they came, and be written down in the gaps."""

    def __init__(self, at_once: int | None) -> None:
        """Let so many search and prepare at a time; None lets all."""
        self._beginning = None if at_once is None else asyncio.Semaphore(at_once)
        self._settling = asyncio.Semaphore(1)
        self._waiting = 0
        self._quiet = asyncio.Event()
        self._quiet.set()

    @classmethod
    def of_machine(cls, *, in_process: bool) -> "Pace":
        """Return the pace for this machine, none where others do the work.

        A question is run through the model by all processors, and the rest of its preparation
        holds the interpreter's lock: more at a time only take turns, each slower for it.
        """
        return cls(min(_MOST, max(1, (os.cpu_count() or 1) // 2)) if in_process else None)

    def start(self) -> "Start":
        """Return the place of one answer in the line."""
        return Start(self)

    @asynccontextmanager
    async def settling(self) -> AsyncIterator[None]:
        """Wait until nobody waits to begin, but not for ever; one passes at a time."""
        if self._beginning is None:
            yield
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self._settling.acquire()
        try:
            try:
                async with asyncio.timeout(PATIENCE_S - (loop.time() - began)):
                    await self._quiet.wait()
            except TimeoutError:
                pass  # it has waited long enough
            yield
        finally:
            loop.call_later(BREATH_S, self._settling.release)

    async def _enter(self) -> None:
        if self._beginning is None:
            return
        if not self._beginning.locked():
            await self._beginning.acquire()
            return
        self._waiting += 1
        self._quiet.clear()
        try:
            await self._beginning.acquire()
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._quiet.set()

    def _leave(self) -> None:
        if self._beginning is not None:
            self._beginning.release()


class Start:
    """The time from the question until the model is asked: `async with` waits for its turn."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._on = False

    async def __aenter__(self) -> "Start":
        await self._pace._enter()
        self._on = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.over()

    def over(self) -> None:
        """Let the next one begin; once is enough, and more do no harm."""
        if self._on:
            self._on = False
            self._pace._leave()


UNPACED: Final = Pace(None)
"""Nobody waits for anybody."""
