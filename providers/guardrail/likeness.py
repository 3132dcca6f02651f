"""How much more a sentence is like known attacks than like known harmless phrases.

Likeness is a weighted sum over the embedder's vector and over what cheap signs tell beside it:
how words are spelled, what they speak of, what the rules say (a small embedder knows few
languages; these carry what it misses). The weights are fitted when the phrases are loaded:
logistic regression with a ridge, by Newton's method, each step solved by conjugate gradients
(Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, chapter 4; Nocedal
and Wright, Numerical Optimization, 2006, chapter 7).
It takes seconds, so the result is kept.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from providers.guardrail.rows import WIDTH, Rows
from providers.types import Matrix

_RIDGE = 0.1
"""Penalty; chosen by fitting some authors' phrases and judging another's, between 0.03 and 0.3."""
_STEPS = 8
_INNER_STEPS = 40
_CLOSE = 0.1
"""Share of a step's gradient that may be left unsolved."""
_MOST = 30.0
"""Log odds beyond which nothing changes any more."""

_Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Fitted weights: of the embedder's vector, of the columns of `Rows`, and a constant.

    `usual` and `spread` are mean and standard deviation of what the vectors of harmless phrases
    add to the log odds.
    """

    meaning: _Doubles
    signs: _Doubles
    bias: float
    usual: float
    spread: float

    def save(self, path: Path) -> None:
        """Keep it in a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        used = np.flatnonzero(self.signs)
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                meaning=self.meaning.astype(np.float32),
                columns=used.astype(np.uint16),
                signs=self.signs[used].astype(np.float16),
                numbers=np.array([self.bias, self.usual, self.spread]),
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read it from a file; None when there is none that can be read."""
        try:
            with np.load(path, allow_pickle=False) as kept:
                signs = np.zeros(WIDTH)
                signs[kept["columns"]] = kept["signs"]
                return cls(kept["meaning"].astype(np.float64), signs, *kept["numbers"].tolist())
        except (OSError, ValueError, TypeError, KeyError, IndexError, BadZipFile):
            return None

    def before_meaning(self, rows: Rows) -> _Doubles:
        """Return the log odds of being an attack, with what vectors usually add."""
        found: _Doubles = rows.times(self.signs) + self.bias + self.usual
        return found

    def of_meaning(self, vectors: Matrix) -> _Doubles:
        """Return what vectors, shape (texts, dimensions), change in `before_meaning`."""
        found: _Doubles = vectors.astype(np.float64) @ self.meaning - self.usual
        return found


def fit(meaning: Matrix, rows: Rows, attack: _Doubles, counts: _Doubles) -> Likeness:
    """Fit the weights of known phrases.

    Args:
        meaning: The embedder's vector of each phrase, shape (phrases, dimensions).
        rows: Its signs.
        attack: 1 for an attack, 0 for a harmless phrase; both kinds count the same in sum.
        counts: How much each phrase counts among its kind.
    """
    data = _Data(meaning.astype(np.float64), rows)
    weights = _balanced(attack, counts)
    found = np.zeros(data.width)
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(data.times(found), -_MOST, _MOST)))
        slope = data.transposed_times(weights * (chance - attack)) + data.penalty * found
        curve = np.maximum(weights * chance * (1.0 - chance), 1e-6)
        found -= _solve(_curvature(data, curve), slope)
    split = meaning.shape[1]
    added = meaning[attack <= 0].astype(np.float64) @ found[:split]
    return Likeness(
        meaning=found[:split],
        signs=found[split:-1],
        bias=float(found[-1]),
        usual=float(added.mean()),
        spread=float(added.std()),
    )


@dataclass(frozen=True, slots=True)
class _Data:
    """Vectors, sparse rows and a constant 1 side by side."""

    meaning: _Doubles
    rows: Rows

    @property
    def width(self) -> int:
        return int(self.meaning.shape[1]) + WIDTH + 1

    @property
    def penalty(self) -> _Doubles:
        """The ridge of each column; the constant has none worth a word."""
        found = np.full(self.width, _RIDGE)
        found[-1] = 1e-6
        return found

    def times(self, weights: _Doubles) -> _Doubles:
        split = self.meaning.shape[1]
        found: _Doubles = (
            self.meaning @ weights[:split] + self.rows.times(weights[split:-1]) + weights[-1]
        )
        return found

    def transposed_times(self, each: _Doubles) -> _Doubles:
        return np.concatenate(
            [self.meaning.T @ each, self.rows.transposed_times(each), [each.sum()]]
        )


def _balanced(attack: _Doubles, counts: _Doubles) -> _Doubles:
    """Let both kinds count the same in sum."""
    half = counts.sum() / 2.0
    found: _Doubles = counts * np.where(
        attack > 0, half / counts[attack > 0].sum(), half / counts[attack <= 0].sum()
    )
    return found


def _curvature(data: _Data, curve: _Doubles) -> Callable[[_Doubles], _Doubles]:
    def product(direction: _Doubles) -> _Doubles:
        found: _Doubles = (
            data.transposed_times(curve * data.times(direction)) + data.penalty * direction
        )
        return found

    return product


def _solve(product: Callable[[_Doubles], _Doubles], wanted: _Doubles) -> _Doubles:
    """Solve product(x) = wanted by conjugate gradients."""
    found = np.zeros_like(wanted)
    rest = wanted.copy()
    direction = rest.copy()
    size = float(rest @ rest)
    enough = _CLOSE**2 * size
    for _ in range(_INNER_STEPS):
        if size <= enough:
            break
        turned = product(direction)
        step = size / float(direction @ turned)
        found += step * direction
        rest -= step * turned
        size, before = float(rest @ rest), size
        direction = rest + size / before * direction
    return found
