"""Scores each sentence of the passages by how well it answers a question."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from providers.chat_model.question import DIMENSIONS, Question, Want
from providers.chat_model.reading import lexicon
from providers.chat_model.reading.identifiers import identifiers, names_in, shape
from providers.chat_model.reading.quantities import quantities
from providers.chat_model.reading.sentences import Unit, UnitKind, units
from providers.chat_model.reading.words import content_stems, related, words
from providers.types import GroundingPassage

SYNONYM, RELATED = 0.85, 0.75
"""How much a question's word counts that is found as a synonym or by its root."""
NEAR_SHARE = 0.5
"""How much a word counts that stands in the heading or in the sentence next door only."""
WITHOUT_FOCUS = 0.6
"""Factor for a sentence that does not speak of what the question asks after, or names."""
WRONG_KIND = 0.55
"""Factor for a sentence without the number that the question asks for."""
LIGHT = 0.3
"""How much a verb of all work counts of a full word."""
TITLED = 0.4
"""How much the name of a product counts that the manual is about anyway."""
STEP_BONUS = 1.2
"""Factor for a step of a list where the question asks how to do something."""
PASSAGE_WEIGHT = 0.3
"""Weight of the passage's place in the search."""
MEANING_WEIGHT = 0.3
"""Weight of the sentence's closeness in meaning, where an embedder is bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence that may answer; `covered` is the share 0..1 of the question it speaks of.

    `terms` are the question's terms that it has itself. `score` orders sentences.
    """

    passage: int
    index: int
    unit: Unit
    marker: int
    language: str
    covered: float
    score: float
    terms: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: int
    index: int
    unit: Unit
    stems: frozenset[str]


def weigh(
    question: Question,
    passages: Sequence[GroundingPassage],
    closeness: Sequence[Sequence[float]] | None = None,
) -> list[Evidence]:
    """Return the sentences that may answer, best first.

    Sentences about another model than the question's are left out.

    Args:
        question: What is asked.
        passages: Where to look, best first.
        closeness: For each passage, the similarity (0..1) of each of its units in meaning to
            the question, in the order of `units_of`.
    """
    units_by_passage = [units_of(passage) for passage in passages]
    grouped = [
        [_Candidate(p, i, unit, _stems(unit, passages[p].language)) for i, unit in enumerate(found)]
        for p, found in enumerate(units_by_passage)
    ]
    candidates = [candidate for group in grouped for candidate in group]
    scale = _Scale(
        question=question,
        passages=passages,
        rarity=_rarity(question, candidates, passages),
    )
    evidence = []
    for candidate in candidates:
        passage = passages[candidate.passage]
        introduces = candidate.unit.text.endswith(":")
        if introduces or _is_of_another(question, candidate.unit, passage):
            continue
        near = _neighbours(candidate, grouped[candidate.passage]) | _title(passage)
        close = closeness[candidate.passage][candidate.index] if closeness else None
        evidence.append(scale.weigh(candidate, near, close))
    return sorted(evidence, key=lambda e: (-e.score, e.passage, e.index))


def units_of(passage: GroundingPassage) -> list[Unit]:
    """Return what can be quoted of a passage; headings are not answers.

    A line at the beginning that only repeats words of the title is a heading too.
    """
    title = set(words(passage.title))
    found = [unit for unit in units(passage.text) if unit.kind is not UnitKind.HEADING]
    start = next(
        (index for index, unit in enumerate(found) if not title.issuperset(words(unit.text))), 0
    )
    return found[start:]


def _stems(unit: Unit, language: str) -> frozenset[str]:
    return frozenset(content_stems(f"{unit.header} {unit.text}", language))


def _title(passage: GroundingPassage) -> frozenset[str]:
    return frozenset(content_stems(passage.title, passage.language))


def _neighbours(candidate: _Candidate, passage: Sequence[_Candidate]) -> frozenset[str]:
    """Return what the sentence before says, and what introduces the list of a step."""
    before = passage[: candidate.index]
    near = before[-1].stems if before else frozenset()
    if candidate.unit.kind is UnitKind.STEP:
        leads = [other for other in before if other.unit.kind is not UnitKind.STEP]
        near |= leads[-1].stems if leads else frozenset()
    return near


def _rarity(
    question: Question,
    candidates: Sequence[_Candidate],
    passages: Sequence[GroundingPassage],
) -> dict[str, float]:
    """Weigh each term of the question by how few sentences have it; the rarest counts 1."""
    total = len(candidates) + 1
    language = question.language
    found = {
        term: sum(_strength(term, c.stems, language) > 0 for c in candidates)
        + sum(term in _title(passage) for passage in passages)
        for term in question.terms
    }
    titled = [identifiers(p.title, names_in(p.title)) for p in passages]
    named = {
        name: TITLED if any(name in found for found in titled) else 1.0
        for name in question.identifiers
    }
    raw = {
        term: log(1 + total / (1 + count)) * (LIGHT if lexicon.is_light(term, language) else 1.0)
        for term, count in found.items()
    }
    highest = max(raw.values(), default=1.0)
    return {term: value / highest for term, value in raw.items()} | named


def _strength(term: str, stems: frozenset[str], language: str) -> float:
    if term in stems:
        return 1.0
    if not lexicon.synonyms(term, language).isdisjoint(stems):
        return SYNONYM
    return RELATED if any(related(term, other) for other in stems) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """What sentences are weighed with."""

    question: Question
    passages: Sequence[GroundingPassage]
    rarity: dict[str, float]

    def weigh(self, candidate: _Candidate, near: frozenset[str], close: float | None) -> Evidence:
        """Score one sentence; `near` are the words of its heading and of the one before."""
        own, beside = self._strengths(candidate, near)
        passage = self.passages[candidate.passage]
        covered = self._covered(own, beside) * _kind_factor(self.question, candidate.unit)
        step = self.question.want is Want.STEPS and candidate.unit.kind is UnitKind.STEP
        score = covered * (STEP_BONUS if step else 1.0)
        if close is not None:
            score = (1 - MEANING_WEIGHT) * score + MEANING_WEIGHT * close
        score += PASSAGE_WEIGHT * (1 - candidate.passage / max(len(self.passages), 1))
        return Evidence(
            passage=candidate.passage,
            index=candidate.index,
            unit=candidate.unit,
            marker=passage.marker,
            language=passage.language,
            covered=covered,
            score=score,
            terms=frozenset(term for term in self.rarity if own[term] > 0),
        )

    def _strengths(
        self, candidate: _Candidate, near: frozenset[str]
    ) -> tuple[dict[str, float], dict[str, float]]:
        language = self.question.language
        own = {term: _strength(term, candidate.stems, language) for term in self.rarity}
        beside = {term: NEAR_SHARE * _strength(term, near, language) for term in self.rarity}
        title = self.passages[candidate.passage].title
        names = names_in(title)
        here = identifiers(f"{candidate.unit.header} {candidate.unit.text}", names)
        titled = identifiers(title, names)
        for name in self.question.identifiers:
            own[name], beside[name] = float(name in here), float(name in titled)
        return own, beside

    def _covered(self, own: dict[str, float], beside: dict[str, float]) -> float:
        best = {term: max(own[term], beside[term]) for term in self.rarity}
        total = sum(self.rarity.values()) or 1.0
        covered = sum(self.rarity[term] * best[term] for term in self.rarity) / total
        focus = self.question.focus
        if focus and best[focus] == 0.0:
            covered *= WITHOUT_FOCUS
        if any(best[name] == 0.0 for name in self.question.names):
            covered *= WITHOUT_FOCUS
        return covered


def _kind_factor(question: Question, unit: Unit) -> float:
    """Return how well the kind of a sentence fits the kind of the question."""
    dimensions = {q.dimension for q in quantities(f"{unit.header} {unit.text}", question.language)}
    wanted = DIMENSIONS.get(question.want)
    if wanted is not None:
        return 1.0 if dimensions & wanted else WRONG_KIND
    if question.want is Want.AMOUNT:
        return 1.0 if dimensions else WRONG_KIND
    return 1.0


def _is_of_another(question: Question, unit: Unit, passage: GroundingPassage) -> bool:
    """Tell whether a sentence speaks of another model or code than the question."""
    if not question.identifiers:
        return False
    names = names_in(passage.title)
    own = identifiers(f"{unit.header} {unit.text}", names)
    shapes = {shape(name) for name in question.identifiers}
    rivals = {name for name in own if shape(name) in shapes}
    if rivals:
        return rivals.isdisjoint(question.identifiers)
    titled = {name for name in identifiers(passage.title, names) if shape(name) in shapes}
    return bool(titled) and titled.isdisjoint(question.identifiers)
