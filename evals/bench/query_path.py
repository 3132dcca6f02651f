"""How much slower is a search through the graph than the bare libraries?"""

import time
from collections.abc import Awaitable, Callable, Sequence

from evals.bench.floor import BareEmbedder, BareIndex
from evals.bench.targets import Measure, query_path
from evals.metrics import median, percentile

TOP_K = 10
CANDIDATES = 100
"""Candidates a branch, on both sides."""

Search = Callable[[str], Awaitable[object]]


def bare_search(embedder: BareEmbedder, index: BareIndex) -> Search:
    """Return the floor as a search: embed, then one fused query of the engine."""

    async def search(question: str) -> object:
        vector = embedder.embed([question])[0]
        return index.search(question, vector, candidates=CANDIDATES, limit=TOP_K)

    return search


async def measure_query_path(
    graph: Search, floor: Search, questions: Sequence[str], *, rounds: int
) -> Measure:
    """Compare p50 in interleaved rounds; the figure is the median of the rounds' ratios.

    Each question is asked once in all, of both sides, one right after the other and in turns
    first, so that a busy machine slows both alike and nothing is answered from a cache.
    """
    share = len(questions) // rounds
    await _time(graph, questions[0])
    await _time(floor, questions[0])
    graph_p50: list[float] = []
    floor_p50: list[float] = []
    for number in range(rounds):
        ours, bare = await _round(graph, floor, questions[number * share : (number + 1) * share])
        graph_p50.append(percentile(ours, 0.5))
        floor_p50.append(percentile(bare, 0.5))
    ratios = [ours / bare for ours, bare in zip(graph_p50, floor_p50, strict=True)]
    return query_path(
        median(ratios),
        graph_p50_ms=round(median(graph_p50), 2),
        floor_p50_ms=round(median(floor_p50), 2),
        rounds=rounds,
        questions=share * rounds,
    )


async def _round(
    graph: Search, floor: Search, questions: Sequence[str]
) -> tuple[list[float], list[float]]:
    ours: list[float] = []
    bare: list[float] = []
    for number, question in enumerate(questions):
        sides = [(graph, ours), (floor, bare)]
        for search, taken in sides if number % 2 else reversed(sides):
            taken.append(await _time(search, question))
    return ours, bare


async def _time(search: Search, question: str) -> float:
    started = time.perf_counter()
    await search(question)
    return (time.perf_counter() - started) * 1000
