"""How much more a text is like known attacks than like known harmless phrases.

Likeness is the product of rows that hold the embedder's vector and cheap signs beside it: how
words are spelled, what they speak of, what the rules say (a small embedder knows few languages;
these carry what it misses). Each known phrase has a weight
that is fitted when the phrases are loaded: logistic regression over the sum of likenesses
(kernel logistic regression with a ridge, by Newton's method; Hastie, Tibshirani and Friedman,
The Elements of Statistical Learning, 2009, chapters 5 and 12).
It takes seconds, so the result is kept.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from providers.types import Matrix

_RIDGE = 0.1
"""Penalty; chosen by fitting one author's phrases and judging another's, between 0.04 and 0.5."""
_STEPS = 8
_MOST = 30.0
"""Log odds beyond which nothing changes any more."""

_Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likeness:
    """A fitted direction in the space of rows: the embedder's vector first, then the signs."""

    weights: Matrix
    bias: float

    def save(self, path: Path) -> None:
        """Keep it in a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        with part.open("wb") as file:
            np.savez(file, weights=self.weights, bias=np.float64(self.bias))
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Likeness | None":
        """Read it from a file; None when there is none that can be read."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                return cls(kept["weights"], float(kept["bias"]))
        except (OSError, ValueError, KeyError, BadZipFile):
            return None

    def margins(self, rows: Matrix) -> Matrix:
        """Return for each row its log odds of being an attack."""
        found: Matrix = rows @ self.weights + np.float32(self.bias)
        return found

    def before_meaning(self, signs: Matrix) -> Matrix:
        """Return the log odds without the embedder's part of the rows."""
        found: Matrix = signs @ self.weights[-signs.shape[1] :] + np.float32(self.bias)
        return found

    def reach(self, width: int) -> float:
        """Return how much the embedder's part, a vector of length 1, changes at the most."""
        return float(np.linalg.norm(self.weights[:-width]))


def fit(rows: Matrix, attack: _Doubles) -> Likeness:
    """Fit the weights of known phrases.

    Args:
        rows: Vector and signs of each phrase side by side, shape (phrases, dimensions).
        attack: 1 for an attack, 0 for a harmless phrase; both kinds count the same in sum.
    """
    data = rows.astype(np.float64)
    kernel = data @ data.T
    share = attack.mean()
    counts = np.where(attack > 0, 0.5 / share, 0.5 / (1.0 - share))
    alpha: _Doubles = np.zeros(len(data))
    bias = 0.0
    for _ in range(_STEPS):
        odds = np.clip(kernel @ alpha + bias, -_MOST, _MOST)
        chance = 1.0 / (1.0 + np.exp(-odds))
        curve = np.maximum(counts * chance * (1.0 - chance), 1e-6)
        target = odds + counts * (attack - chance) / curve
        alpha, bias = _solve(kernel, curve, target)
    return Likeness((data.T @ alpha).astype(np.float32), float(bias))


def _solve(kernel: _Doubles, curve: _Doubles, target: _Doubles) -> tuple[_Doubles, float]:
    """Solve one step: (kernel + ridge / curve) alpha + bias = target, sum of alpha = 0."""
    count = len(kernel)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = kernel + np.diag(_RIDGE / curve)
    system[count, count] = 0.0
    solved: _Doubles = np.linalg.solve(system, np.append(target, 0.0))
    return solved[:count], float(solved[count])
