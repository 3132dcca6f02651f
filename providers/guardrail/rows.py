"""What is told of a sentence, as sparse rows side by side.

Columns stand for spelling, concepts and ideas (each alone and by twos), and what the rules say.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from providers.guardrail.concepts import NAMES, concepts
from providers.guardrail.ideas import ideas, names
from providers.guardrail.injection import RULES
from providers.guardrail.spelling import WIDTH as SPELLINGS
from providers.guardrail.spelling import spelling

_SPELLED, _SPOKEN, _TOGETHER, _RULED = 4.0, 0.5, 0.25, 1.0
"""How much spelling, what is spoken of (alone, by twos) and rules count; chosen by fitting the
texts of some authors and judging others'."""
_IDEAS = len(names())
_CONCEPTS_AT = SPELLINGS
_IDEAS_AT = _CONCEPTS_AT + len(NAMES) * (1 + len(NAMES))
_RULES_AT = _IDEAS_AT + _IDEAS * (1 + _IDEAS)
WIDTH = _RULES_AT + len(RULES)
"""Length of a row."""
_RULE_COLUMNS = {rule: _RULES_AT + index for index, rule in enumerate(RULES)}


@dataclass(frozen=True, slots=True)
class Rows:
    """Sparse rows: entry k of row `rows[k]` and column `columns[k]` has the value `values[k]`."""

    count: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[Mapping[int, float]]) -> Self:
        """Put rows together, each given as its values by column."""
        sizes = [len(row) for row in rows]
        return cls(
            count=len(rows),
            rows=np.repeat(np.arange(len(rows)), sizes),
            columns=np.array([column for row in rows for column in row], dtype=np.int64),
            values=np.array([value for row in rows for value in row.values()], dtype=np.float64),
        )

    def times(self, weights: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Return the weighted sum of each row; `weights` has the length of a row."""
        found = np.bincount(
            self.rows, weights=self.values * weights[self.columns], minlength=self.count
        )
        return np.asarray(found, dtype=np.float64)

    def transposed_times(self, each: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weighted sum of each column; `each` has the number of rows."""
        found = np.bincount(self.columns, weights=self.values * each[self.rows], minlength=WIDTH)
        return np.asarray(found, dtype=np.float64)


def row(folded: str, rules: Mapping[str, float]) -> dict[int, float]:
    """Return the row of a folded sentence; `rules` says how much each sign weighs in it."""
    found = {column: _SPELLED * value for column, value in spelling(folded).items()}
    found.update(_alone_and_by_twos(concepts(folded), _CONCEPTS_AT, len(NAMES)))
    found.update(_alone_and_by_twos(ideas(folded), _IDEAS_AT, _IDEAS))
    found.update({_RULE_COLUMNS[rule]: _RULED * weight for rule, weight in rules.items()})
    return found


def _alone_and_by_twos(held: Sequence[int], start: int, count: int) -> Iterator[tuple[int, float]]:
    for index in held:
        yield start + index, _SPOKEN
    for first, second in combinations(held, 2):
        yield start + count + first * count + second, _TOGETHER
