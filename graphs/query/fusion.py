"""Turns the two ranked lists of a search into one; plain arithmetic, microseconds."""

from collections.abc import Mapping, Sequence
from math import sqrt

from graphs.query.settings import FusionMethod, FusionSettings
from graphs.query.state import Fused
from providers.types import Candidates, ScoredPoint

SIGMAS = 3.0
"""Distribution-based fusion maps mean ± 3 standard deviations of a branch onto 0..1."""


def fuse(candidates: Candidates, settings: FusionSettings, *, language: str) -> list[Fused]:
    """Return every candidate once, best first, with scores between 0 and 1.

    When only one branch found anything its own order stays. Ties are broken by id, so that
    the same search always gives the same order.

    Args:
        candidates: What the branches found, best first.
        settings: Method and weights.
        language: Language of the question (ISO 639-1), which chooses the weights.
    """
    weight = settings.dense_weight(language)
    if not candidates.sparse:
        weight = 1.0
    elif not candidates.dense:
        weight = 0.0
    score = _METHODS[settings.method]
    dense = score(candidates.dense, settings)
    sparse = score(candidates.sparse, settings)
    mixed = {
        id: weight * dense.get(id, 0.0) + (1.0 - weight) * sparse.get(id, 0.0)
        for id in dense.keys() | sparse.keys()
    }
    return _explain(mixed, candidates)


def _explain(mixed: Mapping[str, float], candidates: Candidates) -> list[Fused]:
    dense = {point.id: (rank, point.score) for rank, point in enumerate(candidates.dense, 1)}
    sparse = {point.id: (rank, point.score) for rank, point in enumerate(candidates.sparse, 1)}
    nothing = (None, None)
    return [
        Fused(
            id=id,
            score=score,
            dense_rank=dense.get(id, nothing)[0],
            dense_score=dense.get(id, nothing)[1],
            sparse_rank=sparse.get(id, nothing)[0],
            sparse_score=sparse.get(id, nothing)[1],
        )
        for id, score in sorted(mixed.items(), key=lambda item: (-item[1], item[0]))
    ]


def _by_distribution(points: Sequence[ScoredPoint], _: FusionSettings) -> dict[str, float]:
    if not points:
        return {}
    mean = sum(point.score for point in points) / len(points)
    deviation = sqrt(sum((point.score - mean) ** 2 for point in points) / max(len(points) - 1, 1))
    if deviation == 0.0:
        return {point.id: 0.5 for point in points}
    low, width = mean - SIGMAS * deviation, 2 * SIGMAS * deviation
    return {point.id: min(max((point.score - low) / width, 0.0), 1.0) for point in points}


def _by_rank(points: Sequence[ScoredPoint], settings: FusionSettings) -> dict[str, float]:
    """Reciprocal ranks, scaled so that a first place gives 1."""
    k = settings.rrf_k
    return {point.id: (k + 1) / (k + rank) for rank, point in enumerate(points, 1)}


def _by_range(points: Sequence[ScoredPoint], _: FusionSettings) -> dict[str, float]:
    return dict(zip((p.id for p in points), unit_range([p.score for p in points]), strict=True))


def unit_range(scores: Sequence[float]) -> list[float]:
    """Map scores onto 0..1, the lowest to 0 and the highest to 1; equal scores become 1."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    if high == low:
        return [1.0] * len(scores)
    return [(score - low) / (high - low) for score in scores]


_METHODS = {
    FusionMethod.DBSF: _by_distribution,
    FusionMethod.RRF: _by_rank,
    FusionMethod.WEIGHTED: _by_range,
}
