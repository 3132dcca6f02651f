"""Finds the verified question that a question asks again, maybe for other values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Final

from graphs.text_to_sql.reading.asking import Op
from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.vocabulary import Vocabulary
from graphs.text_to_sql.recall_settings import RecallSettings
from graphs.text_to_sql.verified.likeness import Likeness, canonical, masked, phrase
from graphs.text_to_sql.verified.meaning import (
    Doing,
    Meaning,
    agree,
    conflict,
    doing_of,
    groups_apart,
    meaning_of,
    negates_in_vain,
    stems,
)
from graphs.text_to_sql.verified.template import Filled, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What tells whether two questions ask for the same; each lies between 0 and 1.

    `masked` and `canonical` are likenesses of the whole questions, `lead` is how much the next
    best candidate falls behind. `ours` and `theirs` are the shares of words of the asked and of
    the verified question that have a counterpart; `agrees` tells whether the operations do.
    """

    masked: float
    canonical: float
    lead: float
    ours: float
    theirs: float
    agrees: bool
    strange: float
    foreign: bool

    @property
    def probability(self) -> float:
        """How probable it is that both ask for the same: a logistic regression.

        Its weights are fitted on half of the sample's paraphrases and unanswerable questions,
        and on questions of other databases beside verified ones that never asked the same.
        """
        if self.foreign:
            return 0.0
        values = (
            self.masked, self.canonical, min(self.lead, 0.3), self.ours, self.theirs, self.agrees,
            self.strange,
        )  # fmt: skip
        total = _WEIGHTS[0] + sum(w * v for w, v in zip(_WEIGHTS[1:], values, strict=True))
        return 1.0 / (1.0 + exp(-total))


_WEIGHTS: Final = (-3.59, -0.02, 1.67, 5.11, -0.54, 1.99, 2.06, -2.69)


@dataclass(frozen=True, slots=True)
class Known:
    """A template with what its question means and its query does."""

    template: Template
    masked: str
    canonical: str
    meaning: Meaning
    doing: Doing

    @classmethod
    def of(cls, template: Template, vocabulary: Vocabulary) -> "Known":
        """Read a template's question and query."""
        return cls(
            template,
            masked(template.reading, vocabulary),
            canonical(template.reading, vocabulary),
            meaning_of(template.reading),
            doing_of(template.tree),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A verified question beside the one that is asked, with the asked values if they fit."""

    known: Known
    masked: float
    canonical: float
    filled: Filled | None = None
    features: Features | None = None

    @property
    def likeness(self) -> float:
        """How alike the questions are as a whole, 0 to 1."""
        return max(self.masked, self.canonical)

    @property
    def similarity(self) -> float:
        """How sure it is that both ask for the same, 0 to 1."""
        if self.filled is None or self.features is None:
            return 0.0
        return self.features.probability


@dataclass(frozen=True, slots=True)
class Recall:
    """The candidates, best first, and the one that may be used."""

    candidates: tuple[Candidate, ...]
    chosen: Candidate | None = None

    def nearest(self, count: int) -> list[str]:
        """Return the questions that are most alike, to be offered."""
        ranked = sorted(self.candidates, key=lambda one: -one.likeness)
        return [one.known.template.example.question for one in ranked[:count]]


async def recall(
    reading: Reading,
    known: Sequence[Known],
    vocabulary: Vocabulary,
    likeness: Likeness,
    settings: RecallSettings,
) -> Recall:
    """Compare a question with every verified one.

    Raises:
        ProviderError: the embedder cannot be used.
    """
    if not known:
        return Recall(())
    asked_text, asked = masked(reading, vocabulary), meaning_of(reading)
    said = canonical(reading, vocabulary)
    await likeness.learn([asked_text, said, *(one.masked for one in known)])
    await likeness.learn([one.canonical for one in known])
    found = [
        Candidate(one, likeness.of(asked_text, one.masked), likeness.of(said, one.canonical))
        for one in known
    ]
    found.sort(key=lambda one: -one.likeness)
    negated = Op.NOT in asked.ops
    fitting = [
        replace(one, filled=one.known.template.fill(reading.mentions, negated=negated))
        for one in found
    ]
    fitting = [one for one in fitting if one.filled is not None][:_JUDGED]
    await likeness.learn(_words(asked, [one.known.meaning for one in fitting]))
    judged = [_compare(one, fitting, asked, likeness, settings) for one in fitting]
    judged.sort(key=lambda one: -one.similarity)
    left = [one for one in found if one.known not in [each.known for each in judged]]
    return Recall((*judged, *left), _choose(judged, settings))


_JUDGED = 12
"""Most alike questions, of those that the values fit, that are looked at word by word."""


def _choose(judged: Sequence[Candidate], settings: RecallSettings) -> Candidate | None:
    if not judged or judged[0].features is None:
        return None
    best, features = judged[0], judged[0].features
    same = best.likeness >= settings.certain and features.agrees and not features.foreign
    return best if same or best.similarity >= settings.sure else None


def _compare(
    one: Candidate,
    others: Sequence[Candidate],
    asked: Meaning,
    likeness: Likeness,
    settings: RecallSettings,
) -> Candidate:
    rivals = [rival.likeness for rival in others if rival.filled != one.filled]
    here, there = _parts(asked), _parts(one.known.meaning)
    doing = one.known.doing
    met = [
        _does(part, doing) or _meets(part, _apart(part, there), likeness, settings.word)
        for part in here
    ]
    covered = [_meets(part, here, likeness, settings.word) or _idle(part, asked) for part in there]
    foreign = any(
        not found and isinstance(part, Piece) and part.op is None
        for part, found in zip(here, met, strict=True)
    )
    features = Features(
        masked=one.masked,
        canonical=one.canonical,
        lead=one.likeness - max(rivals, default=0.0),
        ours=_share(met),
        theirs=_share(covered),
        agrees=agree(asked, one.known.meaning, doing),
        foreign=foreign
        or conflict(asked, one.known.meaning)
        or negates_in_vain(asked, doing)
        or groups_apart(asked, doing),
        strange=min(
            1.0, sum(not f and isinstance(q, str) for q, f in zip(here, met, strict=True)) / 4
        ),
    )
    return replace(one, features=features)


def _share(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else 1.0


def _words(asked: Meaning, known: Sequence[Meaning]) -> list[str]:
    found = list(asked.words)
    for meaning in (asked, *known):
        found += meaning.words
        found += [phrase(piece) for piece in meaning.elements]
    return found


def _parts(meaning: Meaning) -> list[Piece | str]:
    return [*meaning.elements, *meaning.words]


def _does(part: Piece | str, doing: Doing) -> bool:
    return isinstance(part, Piece) and doing.uses(part.elements)


def _apart(part: Piece | str, others: Sequence[Piece | str]) -> list[Piece | str]:
    """Leave out words that may mean several columns, where the part means one of them.

    Units returned are not just any pieces; this matters where the query does not read them.
    """
    if isinstance(part, str) or len(part.elements) != 1:
        return list(others)
    return [one for one in others if isinstance(one, str) or not _may_be_columns(one)]


def _may_be_columns(piece: Piece) -> bool:
    return len(piece.elements) > 1 and all(one.column is not None for one in piece.elements)


def _idle(part: Piece | str, asked: Meaning) -> bool:
    """Tell whether a part goes without saying: a table whose columns the question names."""
    if not isinstance(part, Piece) or not all(one.column is None for one in part.elements):
        return False
    tables = {one.table for one in part.elements}
    return any(one.table in tables for piece in asked.elements for one in piece.elements)


def _meets(
    part: Piece | str, others: Sequence[Piece | str], likeness: Likeness, word: float
) -> bool:
    return any(_same(part, other, likeness, word) for other in others)


def _same(part: Piece | str, other: Piece | str, likeness: Likeness, word: float) -> bool:
    if isinstance(part, Piece) and isinstance(other, Piece):
        if set(part.elements) & set(other.elements) or stems(part) == stems(other):
            return True
        return False
    one = phrase(part) if isinstance(part, Piece) else part
    two = phrase(other) if isinstance(other, Piece) else other
    return likeness.of(one, two) >= word
