"""Finds the verified question that a question asks again, maybe for other values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.vocabulary import Vocabulary
from graphs.text_to_sql.verified.likeness import Likeness, masked, phrase
from graphs.text_to_sql.verified.meaning import Doing, Meaning, agree, doing_of, meaning_of, stems
from graphs.text_to_sql.verified.template import Filled, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallSettings:
    """When a verified query is used again; all figures lie between 0 and 1.

    At `certain` the masked questions are the same but for small words. Below it every word of
    the question must have its counterpart: in the verified question, in the query, or in a
    word that is as alike as `word`. `margin` is how much the next best question with another
    query must fall behind.
    """

    certain: float = 0.95
    floor: float = 0.70
    word: float = 0.60
    explained: float = 0.80
    margin: float = 0.04
    shown: int = 3


@dataclass(frozen=True, slots=True)
class Known:
    """A template with what its question means and its query does."""

    template: Template
    masked: str
    meaning: Meaning
    doing: Doing

    @classmethod
    def of(cls, template: Template, vocabulary: Vocabulary) -> "Known":
        """Read a template's question and query."""
        return cls(
            template,
            masked(template.reading, vocabulary),
            meaning_of(template.reading),
            doing_of(template.tree),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """A verified question beside the one that is asked.

    `likeness` is that of the masked questions; `explained` the share of words on both sides
    that have a counterpart. `filled` is its query with the asked values, if they fit.
    """

    known: Known
    likeness: float
    explained: float = 0.0
    agrees: bool = False
    filled: Filled | None = None

    @property
    def similarity(self) -> float:
        """How sure it is that both ask for the same, 0 to 1."""
        if self.filled is None or not self.agrees:
            return 0.0
        return max(self.likeness, (self.likeness + self.explained) / 2)


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
    await likeness.learn([asked_text, *(one.masked for one in known)])
    fitting = [Candidate(one, likeness.of(asked_text, one.masked)) for one in known]
    fitting.sort(key=lambda one: -one.likeness)
    judged = []
    await likeness.learn(_words(asked, [one.known.meaning for one in fitting[:_JUDGED]]))
    for candidate in fitting[:_JUDGED]:
        each = candidate.known
        judged.append(
            replace(
                candidate,
                explained=_explained(asked, each, likeness, settings.word),
                agrees=agree(asked, each.meaning, each.doing),
                filled=each.template.fill(reading.mentions),
            )
        )
    return Recall((*judged, *fitting[_JUDGED:]), _choose(judged, settings))


_JUDGED = 25
"""Most alike questions that are looked at word by word."""


def _choose(judged: Sequence[Candidate], settings: RecallSettings) -> Candidate | None:
    ranked = sorted((one for one in judged if one.similarity), key=lambda one: -one.similarity)
    if not ranked:
        return None
    best = ranked[0]
    if best.likeness >= settings.certain and best.explained >= settings.explained:
        return best
    if best.likeness < settings.floor or best.explained < settings.explained:
        return None
    rival = next((one for one in ranked[1:] if not _same_query(one, best)), None)
    if rival is not None and best.similarity - rival.similarity < settings.margin:
        return None
    return best


def _same_query(one: Candidate, other: Candidate) -> bool:
    return one.filled is not None and one.filled == other.filled


def _words(asked: Meaning, known: Sequence[Meaning]) -> list[str]:
    found = list(asked.words)
    for meaning in (asked, *known):
        found += meaning.words
        found += [phrase(piece) for piece in meaning.elements]
    return found


def _explained(asked: Meaning, known: Known, likeness: Likeness, word: float) -> float:
    """Return the share of words, of both questions, that have a counterpart."""
    theirs = known.meaning
    here = [*_parts(asked)]
    there = [*_parts(theirs)]
    missing = sum(
        not (_meets(part, there, likeness, word) or _does(part, known.doing)) for part in here
    )
    missing += sum(not (_meets(part, here, likeness, word)) for part in there if not _idle(part, asked, known))
    return 1.0 - missing / max(1, len(here) + len(there))


def _parts(meaning: Meaning) -> list[Piece | str]:
    return [*meaning.elements, *meaning.words]


def _does(part: Piece | str, doing: Doing) -> bool:
    return isinstance(part, Piece) and doing.uses(part.elements)


def _idle(part: Piece | str, asked: Meaning, known: Known) -> bool:
    """Tell whether a part of the verified question goes without saying: a table of its query."""
    if not isinstance(part, Piece) or not all(one.column is None for one in part.elements):
        return False
    tables = {one.table for one in part.elements}
    return any(one.table in tables for piece in asked.elements for one in piece.elements)


def _meets(part: Piece | str, others: Sequence[Piece | str], likeness: Likeness, word: float) -> bool:
    return any(_same(part, other, likeness, word) for other in others)


def _same(part: Piece | str, other: Piece | str, likeness: Likeness, word: float) -> bool:
    if isinstance(part, Piece) and isinstance(other, Piece):
        if set(part.elements) & set(other.elements) or stems(part) == stems(other):
            return True
        return False
    one = phrase(part) if isinstance(part, Piece) else part
    two = phrase(other) if isinstance(other, Piece) else other
    return likeness.of(one, two) >= word
