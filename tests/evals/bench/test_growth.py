"""Memory before and after many questions."""

from collections.abc import AsyncIterator

import pytest

from evals.bench.chatting import AnswerFailedError, Moment
from evals.bench.growth import measure_growth


class Server:
    """Holds 2 MB for each answer, after 10 MB that the first ones load."""

    def __init__(self) -> None:
        self.answered = 0

    async def ask(self, question: str) -> AsyncIterator[Moment]:
        self.answered += 1
        yield Moment.SENTENCE
        if question != "cut":
            yield Moment.END

    def memory(self) -> float:
        return 10.0 + 2.0 * self.answered


async def test_what_the_warm_up_loads_does_not_count() -> None:
    server = Server()
    measure = await measure_growth(
        [server.ask], server.memory, [f"q{n}" for n in range(40)], warm_up=10
    )
    assert measure.value == 60
    assert not measure.passed
    assert measure.detail == {
        "before_mb": 30,
        "middle_mb": 60,
        "after_mb": 90,
        "questions": 30,
        "warm_up": 10,
    }


async def test_an_answer_that_fails_is_no_figure() -> None:
    server = Server()
    with pytest.raises(AnswerFailedError):
        await measure_growth([server.ask], server.memory, ["q", "cut"], warm_up=1)
