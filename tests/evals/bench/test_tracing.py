"""The benchmark of tracing."""

import asyncio

from evals.bench.tracing import HANGING, OFF, STORE, Way, measure_tracing, trace_list


async def test_ways_take_turns_and_each_question_is_asked_once() -> None:
    asked: list[tuple[str, str]] = []
    way = [""]

    async def ask(question: str) -> object:
        asked.append((way[0], question))
        await asyncio.sleep(0.002 if way[0] == STORE else 0)
        return None

    def made(name: str) -> Way:
        return Way(lambda: way.__setitem__(0, name), lambda: None)

    questions = [f"q{number}" for number in range(12)]
    ways = {name: made(name) for name in (OFF, STORE, HANGING)}
    store, hanging = await measure_tracing(ask, ways, questions)
    assert [question for _, question in asked] == questions
    assert [name for name, _ in asked[:6]] == [OFF, STORE, HANGING, STORE, HANGING, OFF]
    assert store.value > 1 and store.detail["ratio"] > 1
    assert hanging.value < 0 and hanging.passed


def test_the_slowest_filter_counts() -> None:
    found = trace_list({"newest": 2.0, "text": 250.0}, spans=10, traces=1)
    assert (found.value, found.passed) == (250.0, False)
