"""Interleaved rounds of two searches."""

import asyncio

from evals.bench.query_path import measure_query_path


async def test_the_figure_is_the_ratio_of_medians_and_questions_are_shared() -> None:
    asked: list[tuple[str, str]] = []

    async def graph(question: str) -> object:
        asked.append(("graph", question))
        await asyncio.sleep(0.1)
        return None

    async def floor(question: str) -> object:
        asked.append(("floor", question))
        await asyncio.sleep(0.02)
        return None

    questions = [f"q{n}" for n in range(9)]
    measure = await measure_query_path(graph, floor, questions, rounds=3)
    assert 2.5 < measure.value < 6.0
    assert measure.detail["graph_p50_ms"] >= 100
    assert measure.detail["graph_cpu_ms"] < 50, "sleeping is not work"
    assert measure.detail["questions"] == 9
    timed = asked[2:]
    assert [question for _, question in timed[::2]] == questions, "each is asked once of each"
    assert [question for _, question in timed[1::2]] == questions
    assert {side for side, _ in timed[::2]} == {"graph", "floor"}, "both go first in turns"
