"""How long until an answer begins, for one client and for many at a time?

"Asked" is when the event `node.started` of the node `synthesize` arrives: the graph has read the
question, searched and fitted the context, and turns to the model. Against a model that takes no
time, that is what the graph adds to a model's own first token. It is read by the client's clock,
so it holds the transport as well; rendering the prompt and setting the money aside come after
it, a fraction of a millisecond each. "Sentence" is when the first checked sentence arrives (the
event `token`), which holds all of that, and the check.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from evals.bench.targets import (
    Measure,
    burst_token,
    first_token,
    stream_errors,
    stream_health,
    stream_token,
)
from evals.metrics import percentile

HEALTH_INTERVAL_S: Final = 0.05
"""Seconds between two looks at the server's health while many ask."""


class Moment(StrEnum):
    """What a client sees of an answer that streams."""

    ASKED = "asked"
    SENTENCE = "sentence"
    END = "end"


class AnswerFailedError(Exception):
    """A question was not answered; the message says why."""


Ask = Callable[[str], AsyncIterator[Moment]]
"""Asks one question; yields each moment as it arrives; raises `AnswerFailedError`."""
Probe = Callable[[], Awaitable[None]]
"""Asks the server once whether it lives; raises `AnswerFailedError`."""
Processor = Callable[[], float]
"""Reads the processor time that the server has used so far, in seconds."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One answer, in milliseconds since the question was sent; None: it never came.

    `opening` is the first of its client: all clients ask it at the same moment.
    """

    asked: float | None
    sentence: float | None
    error: str | None
    opening: bool = False


async def time_question(ask: Ask, question: str) -> Timing:
    """Ask a question and read its answer to the end.

    An answer without a sentence is an error: nothing would be measured.
    """
    started = time.perf_counter()
    seen: dict[Moment, float] = {}
    error: str | None = None
    try:
        async for moment in ask(question):
            seen.setdefault(moment, (time.perf_counter() - started) * 1000)
    except AnswerFailedError as failed:
        error = str(failed)
    else:
        missing = {Moment.SENTENCE, Moment.END} - seen.keys()
        if missing:
            error = f"the answer came without its {min(missing)}"
    return Timing(asked=seen.get(Moment.ASKED), sentence=seen.get(Moment.SENTENCE), error=error)


async def measure_one_client(
    ask: Ask, chat: Ask, processor: Processor, questions: Sequence[str]
) -> list[Measure]:
    """Ask one question after another, half of them in each protocol in turns.

    Args:
        ask: The native API, which tells of the nodes.
        chat: Chat completions, which tell of text alone.
        processor: The server's.
        questions: All different.

    Raises:
        AnswerFailedError: one was not answered.
    """
    native: list[Timing] = []
    openai: list[Timing] = []
    used = processor()
    for turn, question in enumerate(questions):
        side, way = (openai, chat) if turn % 2 else (native, ask)
        side.append(await time_question(way, question))
    used = processor() - used
    for timing in (*native, *openai):
        if timing.error is not None:
            raise AnswerFailedError(timing.error)
    detail = {
        "sentence_p50_ms": _at(_sentences(native), 0.5),
        "sentence_p95_ms": _at(_sentences(native), 0.95),
        "chat_sentence_p50_ms": _at(_sentences(openai), 0.5),
        "chat_sentence_p95_ms": _at(_sentences(openai), 0.95),
        "cpu_ms": round(used * 1000 / len(questions), 1),
        "questions": len(questions),
    }
    asked = [timing.asked for timing in native if timing.asked is not None]
    return [first_token(percentile(asked, share), share=share, **detail) for share in (0.5, 0.95)]


async def measure_streams(
    ask: Ask,
    chat: Ask,
    probe: Probe,
    processor: Processor,
    questions: Sequence[str],
    *,
    streams: int,
    say: Say,
) -> list[Measure]:
    """Ask with many clients at a time, each as soon as its last answer ended.

    Half of the questions go through each protocol. Meanwhile the server's health is asked for
    every `HEALTH_INTERVAL_S`, as whatever restarts a server that hangs would. What fails counts
    as an error, and `say` gets the first reason.

    All clients begin at the same moment. How long the last of them waits then is a matter of its
    own, the burst; so the questions that follow make the figure for many streams.
    """
    looks: list[Timing] = []
    started, used = time.perf_counter(), processor()
    watch = asyncio.create_task(_watch(probe, looks))
    try:
        timings = await ask_all([ask, chat], questions, clients=streams)
    finally:
        watch.cancel()
        await asyncio.wait({watch})
    took, used = time.perf_counter() - started, processor() - used
    failed = [timing.error for timing in (*timings, *looks) if timing.error is not None]
    if failed:
        say(f"{len(failed)} failed, the first: {failed[0]}")
    opening = [timing for timing in timings if timing.opening]
    later = [timing for timing in timings if not timing.opening]
    detail = {
        "p50_ms": _at(_sentences(later), 0.5),
        "p99_ms": _at(_sentences(later), 0.99),
        "cpu_ms": round(used * 1000 / len(questions), 1),
        "streams": streams,
        "questions": len(questions),
        "questions_per_s": round(len(questions) / took, 1),
    }
    return [
        stream_token(percentile(_sentences(later), 0.95), **detail),
        burst_token(
            percentile(_sentences(opening), 0.95),
            p50_ms=_at(_sentences(opening), 0.5),
            questions=len(opening),
        ),
        stream_health(
            percentile(_sentences(looks), 0.95),
            p50_ms=_at(_sentences(looks), 0.5),
            max_ms=_at(_sentences(looks), 1.0),
            looks=len(looks),
        ),
        stream_errors(len(failed)),
    ]


async def ask_all(ways: Sequence[Ask], questions: Sequence[str], *, clients: int) -> list[Timing]:
    """Ask every question once, `clients` at a time, each through the next of some ways."""
    waiting = enumerate(questions)
    timings: list[Timing] = []

    async def client() -> None:
        opening = True
        for turn, question in waiting:
            timing = await time_question(ways[turn % len(ways)], question)
            timings.append(replace(timing, opening=opening))
            opening = False

    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(client())
    return timings


async def _watch(probe: Probe, looks: list[Timing]) -> None:
    while True:
        started, error = time.perf_counter(), None
        try:
            await probe()
        except AnswerFailedError as failed:
            error = str(failed)
        took = time.perf_counter() - started
        looks.append(Timing(asked=None, sentence=took * 1000, error=error))
        await asyncio.sleep(max(0.0, HEALTH_INTERVAL_S - took))


def _sentences(timings: Sequence[Timing]) -> list[float]:
    return [timing.sentence for timing in timings if timing.sentence is not None]


def _at(values: Sequence[float], share: float) -> float:
    return round(percentile(values, share), 1)
