"""The phrases that are known to be attacks or harmless."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from providers.types import GuardStage

PATTERNS = Path(__file__).parent / "patterns"
"""Phrases by file: a language, a phrase and perhaps a stage a line. Weights for the default models
lie beside them."""
_FILES = (
    ("attacks", True, 1.0),
    ("benign", False, 1.0),
    ("ordinary", False, 1.0),
    ("attacks_of_others", True, 5.0),
    ("benign_of_others", False, 5.0),
)
"""Whether a file holds attacks, and how much each of its phrases counts.

`benign` resembles attacks, `ordinary` are sentences of this project's manuals and pages. Those
three were written together with the rules. Most of the others are by authors who had seen nothing
of them, and say more about what is to come; some 200 were written to fill gaps.
"""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A known phrase; `weight` is how much it counts beside those of its kind.

    `stage` is where it stands in life, None where that is not known.
    """

    text: str
    attack: bool
    weight: float
    stage: GuardStage | None = None

    def tells_of(self, stage: GuardStage) -> bool:
        """Tell whether it says something about a stage.

        Whoever asks may order how to answer, and a document may not: of passages, questions say
        the wrong thing. Of questions, sentences of documents say the right one.
        """
        return stage is GuardStage.QUESTION or self.stage is not GuardStage.QUESTION


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return all known phrases."""
    return tuple(
        _read(line.split("\t"), attack, weight)
        for name, attack, weight in _FILES
        for line in (PATTERNS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        if line.strip()
    )


def _read(fields: list[str], attack: bool, weight: float) -> Phrase:
    _, text, *stages = fields
    return Phrase(text, attack, weight, GuardStage(stages[0]) if stages else None)
