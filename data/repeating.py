"""Work that is done again when the database could not do it just now."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog

from data.errors import DatabaseBusyError, DatabaseUnreachableError

log = structlog.get_logger(__name__)

R = TypeVar("R")
PASSING: Final = (DatabaseBusyError, DatabaseUnreachableError)
"""What may go better when it is tried again: a conflict, a lock, a lost or refused connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """How often work is done at most, and how long the pauses between are, in seconds.

    The longest possible pause doubles from `first_s` up to `longest_s`. The real one is drawn
    below it, so that two that met do not meet again.
    """

    attempts: int = 5
    first_s: float = 0.05
    longest_s: float = 1.0

    def pause_s(self, failures: int) -> float:
        """Draw the pause after so many failures, from 1."""
        longest = min(self.longest_s, self.first_s * 2.0 ** (failures - 1))
        return random.uniform(0.0, longest)  # noqa: S311 - no secret


DEFAULT: Final = Repeats()
ONCE: Final = Repeats(attempts=1)
"""For work that must not be done twice."""


async def repeat(work: Callable[[], Awaitable[R]], repeats: Repeats = DEFAULT) -> R:
    """Do `work` until it succeeds or fails for good.

    It must open its own transaction. The answer to a commit can be lost with the connection,
    so it may have been done when it is done again: it has to bear that.

    Raises:
        DatabaseError: What the last attempt raised.
    """
    for failures in range(1, repeats.attempts):
        try:
            return await work()
        except PASSING as error:
            log.info("transaction.repeated", failures=failures, reason=error.type)
            await asyncio.sleep(repeats.pause_s(failures))
    return await work()
