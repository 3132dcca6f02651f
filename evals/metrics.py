"""Figures over ranked lists; pure functions."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, R, ScoredDoc, Success, nDCG

RANKING_MEASURES = (nDCG @ 10, R @ 100, RR @ 10, Success @ 5)
"""The measures that a retrieval evaluation reports."""

KeyT = TypeVar("KeyT", bound=Hashable)


def ranking_metrics(
    judgements: Mapping[str, Mapping[str, int]], rankings: Mapping[str, Sequence[str]]
) -> dict[str, float]:
    """Average each measure over the judged queries; a query without a ranking counts as 0.

    Args:
        judgements: query id to document id to grade.
        rankings: query id to document ids, best first.
    """
    qrels = [
        Qrel(query, document, grade)
        for query, grades in judgements.items()
        for document, grade in grades.items()
    ]
    # Scores are ranks turned round, so that ties in the engine's scores keep the engine's order.
    run = [
        ScoredDoc(query, document, float(len(ranking) - position))
        for query, ranking in rankings.items()
        for position, document in enumerate(ranking)
    ]
    found = ir_measures.calc_aggregate(list(RANKING_MEASURES), qrels, run)
    return {str(measure): float(found[measure]) for measure in RANKING_MEASURES}


def fold(keys: Sequence[KeyT]) -> list[KeyT]:
    """Keep the first occurrence of each key: chunks to documents by their best chunk."""
    return list(dict.fromkeys(keys))


def hit_rate(ranks: Sequence[int | None], k: int) -> float:
    """Return the share of questions whose first right hit has rank `k` or better (from 1)."""
    if not ranks:
        return 0.0
    return sum(rank is not None and rank <= k for rank in ranks) / len(ranks)


def first_rank(hits: Sequence[KeyT], wanted: frozenset[KeyT]) -> int | None:
    """Return the rank (from 1) of the first wanted hit, or None."""
    return next((rank for rank, hit in enumerate(hits, start=1) if hit in wanted), None)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed; 0 without values."""
    return float(np.quantile(values, share)) if values else 0.0


def median(values: Sequence[float]) -> float:
    """Return the median; 0 without values."""
    return percentile(values, 0.5)
