"""How much slower is a search through the graph than the bare libraries?"""

import time
from collections.abc import Awaitable, Callable, Sequence

from evals.bench.floor import BareEmbedder, BareIndex
from evals.bench.targets import Measure, query_path
from evals.metrics import median

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
    ours, bare = Clock(graph), Clock(floor)
    for clock in (ours, bare):
        await clock.ask(questions[0])
        clock.reset()
    p50: list[tuple[float, float]] = []
    for number in range(rounds):
        for turn, question in enumerate(questions[number * share : (number + 1) * share]):
            for clock in (ours, bare) if turn % 2 else (bare, ours):
                await clock.ask(question)
        p50.append((ours.p50_ms(last=share), bare.p50_ms(last=share)))
    return query_path(
        median([mine / theirs for mine, theirs in p50]),
        graph_p50_ms=round(median([mine for mine, _ in p50]), 2),
        floor_p50_ms=round(median([theirs for _, theirs in p50]), 2),
        graph_cpu_ms=round(ours.cpu_ms(), 2),
        floor_cpu_ms=round(bare.cpu_ms(), 2),
        rounds=rounds,
        questions=share * rounds,
    )


class Clock:
    """Times one side: wall time as a caller sees it, processor time as the machine pays it."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._wall_ms: list[float] = []
        self._cpu_ms: list[float] = []

    async def ask(self, question: str) -> None:
        """Ask one question and note how long it took."""
        wall, cpu = time.perf_counter(), time.process_time()
        await self._search(question)
        self._wall_ms.append((time.perf_counter() - wall) * 1000)
        self._cpu_ms.append((time.process_time() - cpu) * 1000)

    def reset(self) -> None:
        """Forget what was timed."""
        self._wall_ms.clear()
        self._cpu_ms.clear()

    def p50_ms(self, *, last: int) -> float:
        """Return the median wall time of the last questions."""
        return median(self._wall_ms[-last:])

    def cpu_ms(self) -> float:
        """Return the median processor time, of all threads, of all questions."""
        return median(self._cpu_ms)
