"""What does it cost a question that everything it does is recorded?"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from evals.bench.query_path import Clock, Search
from evals.bench.targets import Measure
from evals.metrics import median

OFF, STORE, HANGING = "off", "store", "hanging"
"""Nothing is recorded; the store is written; a Langfuse that hangs is sent to as well."""
STORE_MS: Final = 3.0
"""A question takes at most this much longer while the store is written (p50)."""
HANGING_MS: Final = 1.0
"""And this much more while a server hangs that traces are sent to (p50)."""
LIST_MS: Final = 200.0
"""The list of traces answers within this time (the slowest of its filters)."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way of recording: how to begin with it, and how to write what it has collected."""

    begin: Callable[[], None]
    write: Callable[[], None]


async def measure_tracing(
    ask: Search, ways: Mapping[str, Way], questions: Sequence[str]
) -> list[Measure]:
    """Compare the ways question by question, in turns.

    Each question is asked once in all, so that nothing is answered from a cache. The figure is
    the median of the differences of neighbours. What the thread that writes needs comes after
    the answer and is told apart, as `write_cpu_ms`: it takes that of a core, not of the answer.
    """
    names = list(ways)
    clocks = {name: Clock(ask) for name in names}
    wall: dict[str, list[float]] = {name: [] for name in names}
    writing: dict[str, list[float]] = {name: [] for name in names}
    for number in range(len(questions) // len(names)):
        turn = number % len(names)
        for place, name in enumerate(names[turn:] + names[:turn]):
            ways[name].begin()
            await clocks[name].ask(questions[number * len(names) + place])
            wall[name].append(clocks[name].p50_ms(last=1))
            before = time.thread_time()
            ways[name].write()
            writing[name].append((time.thread_time() - before) * 1000)
    detail = {f"{name}_p50_ms": round(median(values), 2) for name, values in wall.items()}
    detail |= {f"{name}_cpu_ms": round(clock.cpu_ms(), 2) for name, clock in clocks.items()}
    detail["questions"] = len(wall[names[0]])
    writes = {name: {"write_cpu_ms": round(median(each), 2)} for name, each in writing.items()}
    return [
        _added("tracing_store", wall[OFF], wall[STORE], STORE_MS, detail | writes[STORE]),
        _added("tracing_hanging", wall[STORE], wall[HANGING], HANGING_MS, detail | writes[HANGING]),
    ]


def trace_list(times_ms: Mapping[str, float], *, spans: int, traces: int) -> Measure:
    """Report how long the list takes over many spans; the slowest filter counts."""
    return Measure(
        name="trace_list",
        value=round(max(times_ms.values()), 1),
        unit="ms",
        target=LIST_MS,
        better="lower",
        detail={**{k: round(v, 1) for k, v in times_ms.items()}, "spans": spans, "traces": traces},
    )


def _added(
    name: str,
    before: Sequence[float],
    after: Sequence[float],
    target: float,
    detail: dict[str, float],
) -> Measure:
    added = [late - early for early, late in zip(before, after, strict=True)]
    ratios = [late / early for early, late in zip(before, after, strict=True)]
    return Measure(
        name=name,
        value=round(median(added), 2),
        unit="ms p50",
        target=target,
        better="lower",
        detail={**detail, "ratio": round(median(ratios), 3)},
    )
