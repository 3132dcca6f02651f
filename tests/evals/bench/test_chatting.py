"""Times of answers, with clients whose pace is known."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from evals.bench.chatting import (
    AnswerFailedError,
    Ask,
    Moment,
    Probe,
    ask_all,
    measure_one_client,
    measure_streams,
    time_question,
)
from evals.bench.targets import Measure


def paced(asked_s: float, sentence_s: float, *, told: bool = True) -> Ask:
    """Answer at a fixed pace; chat completions do not tell when the model is asked."""

    async def ask(question: str) -> AsyncIterator[Moment]:
        await asyncio.sleep(asked_s)
        if told:
            yield Moment.ASKED
        await asyncio.sleep(sentence_s)
        yield Moment.SENTENCE
        await asyncio.sleep(0.02)
        yield Moment.SENTENCE
        if "fault" in question:
            raise AnswerFailedError("the model broke off")
        if "cut" not in question:
            yield Moment.END

    return ask


async def live() -> None:
    await asyncio.sleep(0.001)


async def test_the_first_of_each_moment_counts() -> None:
    timing = await time_question(paced(0.02, 0.03), "q")
    assert timing.error is None
    assert timing.asked is not None
    assert timing.sentence is not None
    assert timing.asked >= 19
    assert timing.sentence >= timing.asked + 29


async def test_an_answer_that_is_not_whole_is_an_error() -> None:
    assert (await time_question(paced(0, 0), "cut")).error == "the answer came without its end"
    assert (await time_question(paced(0, 0), "fault")).error == "the model broke off"


async def test_one_client_uses_both_protocols_and_the_processor_is_shared_out() -> None:
    used = iter([1.0, 1.5])
    questions = [f"q{n}" for n in range(10)]
    p50, p95 = await measure_one_client(
        paced(0.01, 0.03), paced(0.01, 0.06, told=False), lambda: next(used), questions
    )
    assert (p50.target, p95.target) == (30, 80)
    assert p50.value >= 9
    assert p50.detail["sentence_p50_ms"] >= p50.value + 20
    assert p50.detail["chat_sentence_p50_ms"] >= p50.detail["sentence_p50_ms"] + 10
    assert p50.detail["cpu_ms"] == 50
    assert p50.detail["questions"] == 10


async def test_one_client_that_gets_no_answer_is_no_figure() -> None:
    with pytest.raises(AnswerFailedError, match="broke off"):
        await measure_one_client(paced(0, 0), paced(0, 0), lambda: 0.0, ["q", "fault"])


async def test_many_ask_at_a_time_and_each_question_is_asked_once() -> None:
    running, most, asked = 0, 0, []

    async def ask(question: str) -> AsyncIterator[Moment]:
        nonlocal running, most
        running += 1
        most = max(most, running)
        asked.append(question)
        await asyncio.sleep(0.01)
        running -= 1
        yield Moment.SENTENCE
        yield Moment.END

    questions = [f"q{n}" for n in range(12)]
    timings = await ask_all([ask], questions, clients=4)
    assert most == 4
    assert sorted(asked) == sorted(questions)
    assert len(timings) == 12
    assert sum(timing.opening for timing in timings) == 4


async def test_questions_of_the_same_moment_are_reported_apart() -> None:
    slow, quick = paced(0.06, 0.06), paced(0.0, 0.01)

    async def ask(question: str) -> AsyncIterator[Moment]:
        async for moment in (slow if question in ("q0", "q1") else quick)(question):
            yield moment

    measures = await measure_streams(
        ask, ask, live, lambda: 0.0, [f"q{n}" for n in range(8)], streams=2, say=print
    )
    found = {measure.name: measure for measure in measures}
    assert found["burst_first_token_p95"].value >= 119
    assert found["burst_first_token_p95"].detail["questions"] == 2
    assert 9 <= found["streams_first_token_p95"].value < 119


async def test_failures_are_counted_and_the_first_is_told() -> None:
    notes: list[str] = []
    found = await _streams(["q1", "fault", "cut", "q2"], notes)
    assert found["streams_errors"].value == 2
    assert not found["streams_errors"].passed
    assert notes[0].startswith("2 failed, the first: ")
    assert found["streams_health_p95"].detail["looks"] >= 2


async def test_a_server_that_is_dead_is_an_error_for_each_look() -> None:
    async def dead() -> None:
        raise AnswerFailedError("/healthz: refused")

    notes: list[str] = []
    found = await _streams(["q1", "q2"], notes, probe=dead)
    assert found["streams_errors"].value == found["streams_health_p95"].detail["looks"]
    assert "/healthz" in notes[0]


async def _streams(
    questions: list[str], notes: list[str], probe: Probe = live
) -> dict[str, Measure]:
    ask = paced(0.03, 0.03)
    measures = await measure_streams(
        ask,
        ask,
        probe,
        lambda: 0.0,
        questions,
        streams=2,
        say=notes.append,
    )
    return {measure.name: measure for measure in measures}
