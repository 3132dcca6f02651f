"""How much more a sentence is like known attacks than like known harmless texts.

A weighted sum over what cheap signs tell: how words are spelled and stand together, what they speak
of, what the rules say. The weights are fitted when a version is released (`evals.guards.fitting`)
and lie in `weights/`, one file for questions and one for passages.
"""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from providers.guardrail.rows import WIDTH, Rows
from providers.types import GuardStage

WEIGHTS = Path(__file__).parent / "weights"
STAGES = (GuardStage.QUESTION, GuardStage.PASSAGE)

_Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Likeness:
    """Fitted weights of the columns of `Rows`, and a constant.

    `attacks` and `harmless` are how many texts they were fitted on; `source` is a hash of those
    texts and of what makes rows of them.
    """

    signs: NDArray[np.float32]
    bias: float
    attacks: int
    harmless: int
    source: str

    def save(self, path: Path) -> None:
        """Keep it in a file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        used = np.flatnonzero(np.abs(self.signs) >= _SMALLEST)
        with part.open("wb") as file:
            np.savez_compressed(
                file,
                columns=used.astype(np.uint32),
                signs=self.signs[used].astype(np.float16),
                bias=np.float64(self.bias),
                counts=np.array([self.attacks, self.harmless]),
                source=np.array(self.source),
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read it from a file.

        Raises:
            OSError: there is no such file.
            ValueError: it holds something else.
        """
        with np.load(path, allow_pickle=False) as kept:
            signs = np.zeros(WIDTH, dtype=np.float32)
            signs[kept["columns"]] = kept["signs"]
            attacks, harmless = kept["counts"].tolist()
            return cls(signs, float(kept["bias"]), attacks, harmless, str(kept["source"]))

    def odds(self, rows: Rows) -> _Doubles:
        """Return the log odds of being an attack."""
        found: _Doubles = rows.times(self.signs) + self.bias
        return found


_SMALLEST = 5e-3
"""Weights below it change no verdict; leaving them out halves the files."""


@cache
def likeness(stage: GuardStage) -> Likeness:
    """Return the weights of a stage as they were released."""
    return Likeness.load(WEIGHTS / f"{stage.value}.npz")
