"""The texts from which the guards learn what attacks are like."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from providers.guardrail.concepts import NAMES
from providers.guardrail.ideas import listing
from providers.guardrail.injection import RULES
from providers.guardrail.parts import parts, whole
from providers.types import GuardStage

_VERSION: Final = "6"
"""Of rows and fitting."""
_HERE: Final = Path(__file__).parent
AUTHORS: Final = _HERE / "authors"
_FILES: Final = (
    ("attacks", True, 0.2),
    ("benign", False, 0.2),
    ("ordinary", False, 3.0),
    ("ordinary_of_others", False, 3.0),
    ("attacks_of_others", True, 1.0),
    ("benign_of_others", False, 1.0),
)
"""Whether a file of phrases holds attacks, and how much each of them counts.

`benign` resembles attacks; `ordinary` are sentences of this project's manuals and pages, and
`ordinary_of_others` such as stand in manuals by the thousand: without them, whatever speaks of a
device's output or response is taken for an order to a model. They count three times: with thirteen
more authors, whose orders are subtler, more pieces of real manuals were flagged (69 of 1193, 54
before), and so it is 56. `attacks` and `benign` were written together with the rules, and say less
about what is to come.
"""
_STAGES: Final = {"question": GuardStage.QUESTION, "document": GuardStage.PASSAGE}


@dataclass(frozen=True, slots=True)
class Known:
    """A known text as the rows of its parts, and how much it counts among its kind.

    `stage` is where it stands in life, None where that is not known; `author` is None for a
    phrase. Of a phrase, and of a question, the first row is the text as a whole.
    """

    rows: Sequence[Mapping[int, float]]
    attack: bool
    weight: float
    stage: GuardStage | None
    author: str | None = None

    def tells_of(self, stage: GuardStage) -> bool:
        """Tell whether it says something about a stage.

        Whoever asks may order how to answer, and a document may not: of passages, questions say
        the wrong thing. Of questions, sentences of documents say the right one.
        """
        return stage is GuardStage.QUESTION or self.stage is not GuardStage.QUESTION


def authors() -> list[str]:
    """Return who wrote."""
    return [path.stem for path in _files()]


def texts_of(author: str) -> list[list[str]]:
    """Return what an author wrote: language, kind, place and text of each."""
    return list(_lines(AUTHORS / f"{author}.tsv"))


def known() -> list[Known]:
    """Return all known texts."""
    return [*_phrases(), *_of_authors()]


def source() -> str:
    """Return a hash of all known texts, how much they count, and what makes rows of them."""
    told = [_VERSION, *map(str, _FILES), *NAMES, listing(), *RULES]
    made = hashlib.sha256("\n".join(told).encode())
    for path in [*(_HERE / "phrases" / f"{name}.tsv" for name, _, _ in _FILES), *_files()]:
        made.update(path.read_bytes())
    return made.hexdigest()


def _phrases() -> Iterator[Known]:
    for name, attack, weight in _FILES:
        for _, text, *stages in _lines(_HERE / "phrases" / f"{name}.tsv"):
            stage = GuardStage(stages[0]) if stages else None
            yield Known([whole(text)], attack, weight, stage)


def _of_authors() -> Iterator[Known]:
    for author in authors():
        for _, kind, where, text in texts_of(author):
            stage = _STAGES[where]
            rows = [part.row for part in parts(text, stage)] or [whole(text)]
            yield Known(rows, kind == "attack", 1.0, stage, author)


def _files() -> list[Path]:
    return sorted(AUTHORS.glob("*.tsv"))


def _lines(path: Path) -> Iterator[list[str]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            yield line.split("\t")
