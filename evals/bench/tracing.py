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
    the median of the differences of neighbours, with the processor time of the thread that
    writes added, as if there were one core only: it is what a question costs at most.
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
            before = time.process_time()
            ways[name].write()
            writing[name].append((time.process_time() - before) * 1000)
    detail = {f"{name}_p50_ms": round(median(values), 2) for name, values in wall.items()}
    detail |= {f"{name}_cpu_ms": round(clock.cpu_ms(), 2) for name, clock in clocks.items()}
    detail["questions"] = len(wall[names[0]])
    costs = {name: [*map(sum, zip(wall[name], writing[name], strict=True))] for name in names}
    writes = {name: median(values) for name, values in writing.items()}
    return [
        _added(
            "tracing_store",
            costs[OFF],
            costs[STORE],
            STORE_MS,
            {**detail, "write_cpu_ms": round(writes[STORE], 2)},
        ),
        _added(
            "tracing_hanging",
            costs[STORE],
            costs[HANGING],
            HANGING_MS,
            {**detail, "write_cpu_ms": round(writes[HANGING], 2)},
        ),
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
