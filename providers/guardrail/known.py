"""The phrases that are known to be attacks or harmless."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

PATTERNS = Path(__file__).parent / "patterns"
"""Phrases by file, a language and a phrase a line; and weights fitted for the default models."""
_FILES = (
    ("attacks", True, 1.0),
    ("benign", False, 1.0),
    ("ordinary", False, 1.0),
    ("attacks_of_others", True, 5.0),
    ("benign_of_others", False, 5.0),
)
"""Whether a file holds attacks, and how much each of its phrases counts.

`benign` resembles attacks, `ordinary` are sentences of this project's manuals and pages. Those
three were written together with the rules; authors who had seen nothing of them wrote the others,
which say more about what is to come.
"""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A known phrase; `weight` is how much it counts beside those of its kind."""

    text: str
    attack: bool
    weight: float


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return all known phrases."""
    return tuple(
        Phrase(text, attack, weight) for name, attack, weight in _FILES for text in texts(name)
    )


@cache
def texts(name: str) -> tuple[str, ...]:
    """Return the phrases of one file, such as `attacks`."""
    lines = (PATTERNS / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(line.split("\t", 1)[1] for line in lines if line.strip())
