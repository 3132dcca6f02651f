"""How sure is a difference? Paired bootstrap over the questions (Efron, 1979; Koehn, 2004)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from evals.errors import DatasetError

RESAMPLES: Final = 2000
CONFIDENCE: Final = 0.90
"""Two-sided, so that each bound alone holds with 95 %."""
_SEED: Final = 20261125
"""The same figures give the same interval every time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean and the bounds between which it lies with the confidence asked for."""

    mean: float
    low: float
    high: float


def mean_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """Return the mean of values and its interval, by the percentiles of resampled means.

    Pass differences between two runs over the same questions for a paired comparison.

    Raises:
        DatasetError: there is no value.
    """
    if not values:
        raise DatasetError("a metric over no rows has no mean; the set needs rows it applies to")
    found = np.asarray(values, dtype=float)
    chosen = np.random.default_rng(_SEED).integers(len(found), size=(RESAMPLES, len(found)))
    means = found[chosen].mean(axis=1)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(mean=float(found.mean()), low=float(low), high=float(high))
