"""Chooses among the scored sentences and puts them together as an answer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from providers.chat_model.evidence import Evidence, units_of
from providers.chat_model.question import Question, Want
from providers.chat_model.reading.identifiers import names_in
from providers.chat_model.reading.sentences import Unit, UnitKind, sentence_ends
from providers.chat_model.rows import present_row
from providers.types import GroundingPassage

NEXT_BEST = 0.8
"""A further sentence needs this share of the best one's score, and a word of its own."""
ALIKE = 0.97
"""A further sentence of this share of the best one's score is told even without new words."""

_STEP = re.compile(r"^\s*(?:[-*•–▪●]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s+")
_POINTS_BACK = re.compile(
    r"^(?:it|they|this|these|that|those|he|she|otherwise|then|if not|however|es|er|sie|dies|diese|"
    r"dieser|dieses|sonst|andernfalls|danach|dann|dabei|dazu)\b",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_MARKUP = re.compile(r"\*\*|__|`|^>\s*|^#+\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long an answer may be: `sentences` of running text, or `steps` of one list."""

    sentences: int = 3
    steps: int = 8


def compose(
    question: Question,
    evidence: Sequence[Evidence],
    passages: Sequence[GroundingPassage],
    limits: Limits,
) -> list[str]:
    """Return the sentences of the answer with their markers, in natural order.

    Args:
        question: What is asked.
        evidence: Scored sentences, best first; at least one.
        passages: Where they come from.
        limits: How many may be used.
    """
    best = evidence[0]
    steps = _steps(question, best, evidence, passages, limits)
    if steps:
        return [_marked(_plain(unit.text), best.marker) for unit in steps]
    chosen = _order(question, _choose(best, evidence, limits))
    lines: list[str] = []
    for item in chosen:
        unit = _before(item, chosen, passages)
        if unit is not None and len(lines) < limits.sentences:
            lines.append(_marked(_plain(unit.text), item.marker))
        lines.append(_marked(_present(question, item, passages), item.marker))
        unit = _after(item, chosen, passages)
        if unit is not None and len(lines) < limits.sentences:
            lines.append(_marked(_plain(unit.text), item.marker))
    return lines


def _choose(best: Evidence, evidence: Sequence[Evidence], limits: Limits) -> list[Evidence]:
    """Take the best sentence and those as good that say more."""
    chosen = [best]
    told = set(best.terms)
    for item in evidence[1:]:
        if len(chosen) == limits.sentences or item.score < NEXT_BEST * best.score:
            break
        says_more = not item.terms <= told and item.passage == best.passage
        if says_more or item.score >= ALIKE * best.score:
            chosen.append(item)
            told |= item.terms
    return chosen


def _order(question: Question, chosen: Sequence[Evidence]) -> list[Evidence]:
    """Let the sentence that answers most surely come first, the others as they stand.

    All stay as they stand where order matters: in steps, and where one points back.
    """
    standing = sorted(chosen, key=lambda item: (item.passage, item.index))
    tied = any(_POINTS_BACK.match(item.unit.text) for item in chosen)
    if tied or question.want is Want.STEPS:
        return standing
    surest = max(chosen, key=lambda item: item.certain)
    return [surest, *(item for item in standing if item is not surest)]


def _steps(
    question: Question,
    best: Evidence,
    evidence: Sequence[Evidence],
    passages: Sequence[GroundingPassage],
    limits: Limits,
) -> list[Unit]:
    """Return the whole list that the best step belongs to, if the question asks for steps."""
    if question.want is not Want.STEPS:
        return []
    listed = [
        item
        for item in evidence
        if item.unit.kind is UnitKind.STEP and item.score >= NEXT_BEST * best.score
    ]
    if not listed:
        return []
    first = listed[0]
    block = [
        unit
        for unit in units_of(passages[first.passage])
        if unit.block == first.unit.block and unit.kind is UnitKind.STEP
    ]
    return block[: limits.steps] if first.passage == best.passage else []


def _before(
    item: Evidence, chosen: Sequence[Evidence], passages: Sequence[GroundingPassage]
) -> Unit | None:
    """Return the sentence before one that points back to it (`It …`, `Otherwise …`)."""
    if item.index == 0 or not _POINTS_BACK.match(item.unit.text):
        return None
    if any(o.passage == item.passage and o.index == item.index - 1 for o in chosen):
        return None
    before = units_of(passages[item.passage])[item.index - 1]
    return before if before.block == item.unit.block else None


def _after(
    item: Evidence, chosen: Sequence[Evidence], passages: Sequence[GroundingPassage]
) -> Unit | None:
    """Return the sentence behind one that points back to it (`They do not fit …`)."""
    found = units_of(passages[item.passage])
    if item.unit.kind is UnitKind.ROW or item.index + 1 == len(found):
        return None
    if any(o.passage == item.passage and o.index == item.index + 1 for o in chosen):
        return None
    after = found[item.index + 1]
    goes_on = after.block == item.unit.block and _POINTS_BACK.match(after.text)
    return after if goes_on else None


def _present(question: Question, item: Evidence, passages: Sequence[GroundingPassage]) -> str:
    if item.unit.kind is UnitKind.ROW:
        return present_row(item.unit, question, names_in(passages[item.passage].title))
    return _plain(item.unit.text)


def _plain(text: str) -> str:
    """Return a unit as a sentence: without list marks, markup and line breaks."""
    return _SPACES.sub(" ", _MARKUP.sub("", _STEP.sub("", text))).strip()


def _marked(text: str, marker: int) -> str:
    """Return one sentence with its marker; full stops within a row become semicolons."""
    for end in reversed(sentence_ends(text)):
        text = f"{text[:end].rstrip('.')};{text[end:]}"
    body = text.rstrip(".;:,")
    stop = text[-1] if text.endswith(("!", "?")) else "."
    return f"{body.rstrip('!?')} [{marker}]{stop}"
