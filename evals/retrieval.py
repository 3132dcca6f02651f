"""How well does retrieval rank? Runs a judged query set through a search."""

import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from evals.beir import RetrievalSet
from evals.metrics import fold, percentile, ranking_metrics
from evals.trec import write_run

DEPTH = 100
"""How many documents a ranking is cut to; the deepest measure is R@100."""

Rank = Callable[[str], Awaitable[Sequence[str]]]
"""Ranks document ids for a query text, best first; a document may occur more than once."""


async def evaluate_retrieval(
    dataset: RetrievalSet,
    search: Rank,
    rank: Rank,
    *,
    progress: Callable[[int], None] = lambda done: None,
    run: Path | None = None,
) -> dict[str, Any]:
    """Run every judged query; returns counts, metrics and milliseconds a query (p50, p95).

    Args:
        dataset: The queries and what is relevant to each.
        search: An ordinary search for a few passages; only this is timed, after one search
            that is not, so that loading does not count.
        rank: The same search, deep enough for every measure.
        progress: Is told how many queries are done.
        run: Write the rankings there, see `evals.trec`.

    Raises:
        DatasetError: `run` is asked for, and an id cannot be written into one.
    """
    rankings: dict[str, list[str]] = {}
    taken_ms: list[float] = []
    await search(next(iter(dataset.queries.values())))
    for key, text in dataset.queries.items():
        started = time.perf_counter()
        await search(text)
        taken_ms.append((time.perf_counter() - started) * 1000)
        rankings[key] = fold(await rank(text))[:DEPTH]
        progress(len(rankings))
    if run is not None:
        write_run(rankings, run)
    metrics = ranking_metrics(dataset.judgements, rankings)
    return {
        "queries": len(dataset.queries),
        "documents": len(dataset.corpus),
        "metrics": {name: round(value, 4) for name, value in metrics.items()},
        "query_ms": {
            "p50": round(percentile(taken_ms, 0.5), 2),
            "p95": round(percentile(taken_ms, 0.95), 2),
        },
    }
