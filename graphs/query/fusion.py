"""Turns the two ranked lists of a search into one; plain arithmetic, microseconds."""

from collections.abc import Sequence
from math import sqrt
from typing import overload

from graphs.query.settings import FusionMethod, FusionSettings
from graphs.query.state import Fused
from providers.types import Candidates, ScoredPoint

SIGMAS = 3.0
"""Distribution-based fusion maps mean ± 3 standard deviations of a branch onto 0..1."""


class Ranking(Sequence[Fused]):
    """The candidates of a search, best first; few of the two hundred are ever looked at."""

    def __init__(self, order: Sequence[tuple[float, str]], candidates: Candidates) -> None:
        """Take the scores, negated, with their ids in order."""
        self._order = order
        self._candidates = candidates
        self._dense = _places(candidates.dense)
        self._sparse = _places(candidates.sparse)

    def __len__(self) -> int:
        """Count the candidates."""
        return len(self._order)

    @overload
    def __getitem__(self, at: int) -> Fused: ...
    @overload
    def __getitem__(self, at: slice) -> list[Fused]: ...
    def __getitem__(self, at: int | slice) -> Fused | list[Fused]:
        """Return a candidate, or a stretch of them."""
        if isinstance(at, slice):
            return [self._explain(*entry) for entry in self._order[at]]
        return self._explain(*self._order[at])

    def _explain(self, negated: float, id: str) -> Fused:
        dense, sparse = self._dense.get(id), self._sparse.get(id)
        return Fused(
            id=id,
            score=-negated,
            dense_score=None if dense is None else self._candidates.dense[dense - 1].score,
            sparse_score=None if sparse is None else self._candidates.sparse[sparse - 1].score,
            dense_rank=dense,
            sparse_rank=sparse,
        )


def _places(points: Sequence[ScoredPoint]) -> dict[str, int]:
    return {id: rank for rank, (id, _) in enumerate(points, 1)}


def fuse(candidates: Candidates, settings: FusionSettings, *, language: str) -> Ranking:
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
    mixed = {id: weight * value for id, value in dense.items()}
    for id, value in sparse.items():
        mixed[id] = mixed.get(id, 0.0) + (1.0 - weight) * value
    return Ranking(sorted([(-score, id) for id, score in mixed.items()]), candidates)


def _by_distribution(points: Sequence[ScoredPoint], _: FusionSettings) -> dict[str, float]:
    if not points:
        return {}
    scores = [score for _, score in points]
    mean = sum(scores) / len(scores)
    deviation = sqrt(sum([(s - mean) ** 2 for s in scores]) / max(len(scores) - 1, 1))
    if deviation == 0.0:
        return {id: 0.5 for id, _ in points}
    low, width = mean - SIGMAS * deviation, 2 * SIGMAS * deviation
    return {
        id: 0.0 if score <= low else (score - low) / width if score < low + width else 1.0
        for id, score in points
    }


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
