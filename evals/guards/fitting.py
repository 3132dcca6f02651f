"""Fits the weights of the guardrail `similarity`: `python -m evals.guards.fitting`.

Logistic regression with a ridge, by Newton's method, each step solved by conjugate gradients
(Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, chapter 4; Nocedal
and Wright, Numerical Optimization, 2006, chapter 7). An author's document that holds an attack
does not say in which sentence; so the likeliest one is taken, by the weights of the round before
(multiple-instance learning; Andrews, Tsochantaridis and Hofmann, 2003).
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evals.guards.known import Known, known, source
from providers.guardrail.likeness import STAGES, WEIGHTS, Likeness
from providers.guardrail.rows import WIDTH, Rows
from providers.types import GuardStage

_RIDGE = 0.02
"""Penalty beside texts that count 1; chosen by fitting some authors' texts and judging others'."""
_STEPS = 8
_INNER_STEPS = 40
_CLOSE = 0.1
"""Share of a step's gradient that may be left unsolved."""
_MOST = 30.0
"""Log odds beyond which nothing changes any more."""
_ROUNDS = 2
"""How often the sentence that is the attack is chosen anew."""

_Doubles = NDArray[np.float64]
_Row = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Weights:
    """What a fit finds: a weight for each column of `Rows`, and a constant."""

    signs: _Doubles
    bias: float

    def of(self, row: _Row) -> float:
        """Return the log odds of an attack."""
        return self.bias + sum(value * float(self.signs[column]) for column, value in row.items())


def fit_stage(
    stage: GuardStage, texts: Sequence[Known], *, without: Collection[str] = ()
) -> Likeness:
    """Fit the weights of a stage.

    Args:
        stage: Questions or passages.
        texts: All known texts.
        without: Authors from whom nothing is learnt, to be judged by the others.
    """
    chosen = [text for text in texts if text.tells_of(stage) and text.author not in without]
    found = _fit([text for text in chosen if text.author is None], None)
    for _ in range(_ROUNDS):
        found = _fit(chosen, found)
    attacks = sum(text.attack for text in chosen)
    return Likeness(
        signs=found.signs.astype(np.float32),
        bias=found.bias,
        attacks=attacks,
        harmless=len(chosen) - attacks,
        source=source(),
    )


def examples(text: Known, weights: Weights | None) -> Iterator[_Row]:
    """Yield the rows that a text teaches: all of a harmless one, of an attack those that are it."""
    if not text.attack or weights is None or len(text.rows) == 1:
        yield from text.rows
        return
    rest = list(text.rows)
    if text.stage is GuardStage.QUESTION:
        yield rest.pop(0)
    yield max(rest, key=weights.of)


def _fit(texts: Sequence[Known], weights: Weights | None) -> Weights:
    taught = [(row, text) for text in texts for row in examples(text, weights)]
    rows = Rows.of([row for row, _ in taught])
    attack = np.array([float(text.attack) for _, text in taught])
    return fit(rows, attack, np.array([text.weight for _, text in taught]))


def fit(rows: Rows, attack: _Doubles, counts: _Doubles) -> Weights:
    """Fit weights.

    Args:
        rows: The rows of the texts.
        attack: 1 for an attack, 0 for a harmless text; both kinds count the same in sum.
        counts: How much each text counts among its kind.
    """
    data = _Data(rows)
    weights = _balanced(attack, counts)
    found = np.zeros(WIDTH + 1)
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(data.times(found), -_MOST, _MOST)))
        slope = data.transposed_times(weights * (chance - attack)) + data.penalty * found
        curve = np.maximum(weights * chance * (1.0 - chance), 1e-6)
        found -= _solve(_curvature(data, curve), slope)
    return Weights(found[:-1], float(found[-1]))


@dataclass(frozen=True, slots=True)
class _Data:
    """Sparse rows and a constant 1 side by side."""

    rows: Rows

    @property
    def penalty(self) -> _Doubles:
        """The ridge of each column; the constant has none worth a word."""
        found = np.full(WIDTH + 1, _RIDGE)
        found[-1] = 1e-6
        return found

    def times(self, weights: _Doubles) -> _Doubles:
        found: _Doubles = self.rows.times(weights[:-1]) + weights[-1]
        return found

    def transposed_times(self, each: _Doubles) -> _Doubles:
        return np.append(self.rows.transposed_times(each), each.sum())


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


def main() -> None:
    """Fit both stages and write their weights where the guardrail reads them."""
    texts = known()
    for stage in STAGES:
        fit_stage(stage, texts).save(WEIGHTS / f"{stage.value}.npz")


if __name__ == "__main__":
    main()
