"""Does a passage support a sentence? Answered by rules, without a model.

The words of a sentence must be in the passage (as they are, as synonyms or by their root),
and then nothing that decides its meaning may differ: numbers and units, models and codes,
negation, opposites, `all` and `only`, bounds, order. Alike words alone do not support.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from graphs.query.checks import CHECKS
from graphs.query.matching import LIGHT_WEIGHT, Match, match, reach, weigh
from graphs.query.statements import Statement, read
from providers.chat_model.reading.identifiers import identifiers
from providers.chat_model.reading.sentences import Unit, UnitKind, units
from providers.chat_model.reading.words import content_stems, words

MAX_UNITS = 3
"""Most consecutive sentences that may support one sentence together."""
REFUTED_SCORE = 0.2
"""The score of a sentence that says what the passage says, but for one decisive detail."""
UNIT_PRICE = 0.1
"""Share of the claim that each further unit of evidence must add."""
NUMBER_WORTH = 0.4
"""What it is worth that a window has the numbers of the claim."""
MAX_MISSING = 1
"""Most words of full weight that the passage need not have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a passage supports a sentence, and with which of its words.

    `score` lies between 0 and 1. `start` and `end` are the offsets, within the passage, of
    the evidence, which is quoted. `reason` names the first check that failed.
    """

    supported: bool
    score: float
    start: int
    end: int
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    """Some consecutive units of a passage, read as one piece of evidence."""

    start: int
    end: int
    size: int
    statement: Statement
    match: Match


def judge(
    sentence: str,
    passage: str,
    *,
    language: str = "en",
    title: str = "",
    min_score: float = 0.6,
) -> Verdict:
    """Tell whether `passage` supports `sentence`.

    Args:
        sentence: One sentence of an answer, without citation markers.
        passage: The text it is said to come from.
        language: Language of both (ISO 639-1).
        title: Title and headings of the passage; they may name the subject.
        min_score: Least share (0..1) of the sentence's weight that the passage must have.
    """
    parts = _units(passage)
    if not parts:
        return Verdict(supported=False, score=0.0, start=0, end=0, reason="empty")
    literal = _literal(sentence, parts)
    if literal is not None:
        return Verdict(supported=True, score=1.0, start=literal.start, end=literal.end)
    claim = read(sentence, language)
    if not claim.content:
        return Verdict(supported=False, score=0.0, start=0, end=0, reason="empty")
    context = frozenset(content_stems(title, language))
    if not _may_hold(claim, _stems(passage, language) | context, min_score):
        return Verdict(
            supported=False,
            score=0.0,
            start=parts[0].start,
            end=parts[-1].end,
            reason="words",
        )
    window = _evidence(claim, parts, context)
    reason = _refute(claim, window, passage, title, min_score)
    score = window.match.share if reason is None else min(window.match.share, REFUTED_SCORE)
    return Verdict(
        supported=reason is None, score=score, start=window.start, end=window.end, reason=reason
    )


@lru_cache(maxsize=512)
def _units(passage: str) -> tuple[Unit, ...]:
    return tuple(unit for unit in units(passage) if unit.kind is not UnitKind.HEADING)


@lru_cache(maxsize=512)
def _stems(passage: str, language: str) -> frozenset[str]:
    """Return the stems of all words that a window of a passage may have, and no fewer."""
    parts = _units(passage)
    headers = dict.fromkeys(part.header for part in parts if part.header)
    whole = read("\n".join([*headers, *(part.text for part in parts)]), language).stems
    if language != "de":
        return whole
    # Whether a German word is a particle depends on what ends behind it.
    return whole.union(*(read(part.text, language).stems for part in parts))


def _may_hold(claim: Statement, stems: frozenset[str], min_score: float) -> bool:
    """Tell whether some window may have enough words of a claim, without looking at any."""
    total = most = 0.0
    missing = 0
    for token in claim.content:
        weight, strength = weigh(token, claim.language), reach(token, stems, claim.language)
        total += weight
        most += weight * strength
        missing += not strength and weight > LIGHT_WEIGHT
    return missing <= MAX_MISSING and most / total >= min_score


def _literal(sentence: str, parts: Sequence[Unit]) -> Unit | None:
    said = _words(sentence)
    return next((unit for unit in parts if _words(unit.text) == said), None)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(words(text))


def _evidence(claim: Statement, parts: Sequence[Unit], context: frozenset[str]) -> _Window:
    """Choose the fewest consecutive units that hold the most of the claim."""
    sizes = range(1, min(MAX_UNITS, len(parts)) + 1)
    windows = [
        _window(claim, parts[first : first + size], context)
        for size in sizes
        for first in range(len(parts) - size + 1)
        if size == 1 or all(part.kind is not UnitKind.ROW for part in parts[first : first + size])
    ]
    return max(windows, key=lambda window: _worth(claim, window))


def _worth(claim: Statement, window: _Window) -> float:
    wanted = set(claim.all_quantities)
    found = len(wanted & set(window.statement.all_quantities)) / len(wanted) if wanted else 0.0
    return window.match.share + NUMBER_WORTH * found - UNIT_PRICE * window.size


def _window(claim: Statement, parts: Sequence[Unit], context: frozenset[str]) -> _Window:
    headers = [parts[0].header] if parts[0].header else []
    statement = read("\n".join([*headers, *(part.text for part in parts)]), claim.language)
    return _Window(
        start=parts[0].start,
        end=parts[-1].end,
        size=len(parts),
        statement=statement,
        match=match(claim.content, statement, context),
    )


def _refute(
    claim: Statement, window: _Window, passage: str, title: str, min_score: float
) -> str | None:
    """Return why the evidence does not support the claim, or None when it does."""
    if window.match.share < min_score + UNIT_PRICE * (window.size - 1):
        return "words"
    heavy = [token for token in window.match.missing if weigh(token, claim.language) > LIGHT_WEIGHT]
    if len(heavy) > MAX_MISSING:
        return "words"
    if claim.identifiers and claim.identifiers - identifiers(f"{title}\n{passage}"):
        return "identifier"
    for check in CHECKS:
        reason = check(claim, window.statement, window.match)
        if reason is not None:
            return reason
    return None
