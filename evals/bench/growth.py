"""Does the server keep memory of the questions that it has answered?"""

from collections.abc import Callable, Sequence
from typing import Final

from evals.bench.chatting import AnswerFailedError, Ask, ask_all
from evals.bench.targets import Measure, memory_growth

CLIENTS: Final = 4
"""Questions at a time: a few, so that what is held for each is in use at both readings."""

Memory = Callable[[], float]
"""Reads how much the server holds (resident), in MB of 10**6 bytes."""


async def measure_growth(
    ways: Sequence[Ask], memory: Memory, questions: Sequence[str], *, warm_up: int
) -> Measure:
    """Compare what the server holds after a warm-up with what it holds after all questions.

    Args:
        ways: The protocols to ask through, in turns.
        memory: Reads the server's memory.
        questions: More than `warm_up`; those of the warm-up come first.
        warm_up: Questions before the first reading: they load models and fill pools.

    Raises:
        AnswerFailedError: one was not answered.
    """
    await _ask(ways, questions[:warm_up])
    before = memory()
    half = warm_up + (len(questions) - warm_up) // 2
    await _ask(ways, questions[warm_up:half])
    middle = memory()
    await _ask(ways, questions[half:])
    after = memory()
    return memory_growth(
        after - before,
        before_mb=round(before, 1),
        middle_mb=round(middle, 1),
        after_mb=round(after, 1),
        questions=len(questions) - warm_up,
        warm_up=warm_up,
    )


async def _ask(ways: Sequence[Ask], questions: Sequence[str]) -> None:
    for timing in await ask_all(ways, questions, clients=CLIENTS):
        if timing.error is not None:
            raise AnswerFailedError(timing.error)
