"""Scores each sentence of the passages by how well it answers a question."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from providers.chat_model.question import Question, Want
from providers.chat_model.reading import lexicon
from providers.chat_model.reading.identifiers import identifiers, names_in, shape
from providers.chat_model.reading.quantities import dimension_of, quantities
from providers.chat_model.reading.sentences import Unit, UnitKind, units
from providers.chat_model.reading.words import (
    begins_compound,
    content_stems,
    related,
    same_head,
    words,
)
from providers.types import GroundingPassage

SYNONYM, RELATED = 0.85, 0.75
"""How much a question's word counts that is found as a synonym or by its root."""
NEAR_SHARE = 0.5
"""How much a word counts that stands in the heading or in the sentence next door only."""
WITHOUT_FOCUS = 0.6
"""Factor for a sentence that does not speak of what the question asks after, or names."""
WITHOUT_WORD = 0.7
"""Factor for a sentence that has no telling word of the question itself."""
WRONG_KIND = 0.55
"""Factor for a sentence without the number that the question asks for."""
LIGHT = 0.3
"""How much a verb of all work counts of a full word."""
TITLED = 0.4
"""How much the name of a product counts that the manual is about anyway."""
STEP_BONUS = 1.2
"""Factor for a step of a list where the question asks how to do something."""
PASSAGE_WEIGHT = 0.25
"""Weight of the passage's place in the search."""
UNALIKE, ALIKE = 0.2, 0.8
"""Cosines that count as no closeness in meaning and as full closeness."""
SAME_HEAD = 0.4
"""How much a word counts that is found as a compound with the same head."""
OPEN_ENDED = 0.75
"""Factor for a line that neither ends like a sentence nor stands in a list or a table."""
RULE_BONUS = 1.1
"""Factor for a sentence that allows, forbids or denies where the question asks for yes or no."""
OTHER_AMOUNT, SAME_AMOUNT = 0.9, 1.15
"""Factors for a sentence with other amounts than the question's, and with the same."""

_WITHOUT_KIND = {Want.PRICE: 0.0, Want.AMOUNT: 0.3}
"""Factors for questions whose answer must have the kind of number that is asked for."""
_SIGNAL_WORD = re.compile(
    r"^(?:WARNING|CAUTION|DANGER|NOTICE|NOTE|TIP|WARNUNG|VORSICHT|GEFAHR|ACHTUNG|HINWEIS|TIPP)\b"
)
_FREQUENCY = re.compile(
    r"\b(?:hourly|daily|weekly|monthly|quarterly|yearly|annually|twice|stündlich\w*|täglich\w*|"
    r"wöchentlich\w*|monatlich\w*|jährlich\w*|einmal|zweimal)\b",
    re.IGNORECASE,
)
"""Words that say how often as well as a number of days does."""
_RULES = re.compile(
    r"\b(?:may|must|can|cannot|never|only|do not|does not|allowed|possible|suitable|darf|dürfen|"
    r"muss|müssen|kann|können|nie|niemals|nur|nicht|kein\w*|erlaubt|möglich|geeignet)\b",
    re.IGNORECASE,
)
_PATH = " › "
_TITLES = frozenset({UnitKind.HEADING, UnitKind.HEADER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A sentence that may answer; `covered` is the share 0..1 of the question it speaks of.

    `terms` are the question's terms that it has itself. `certain` (0..1) joins `covered` with
    the closeness in meaning, where that is known. `score` orders sentences.
    """

    passage: int
    index: int
    unit: Unit
    marker: int
    language: str
    covered: float
    certain: float
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
    meaning: float = 0.5,
) -> list[Evidence]:
    """Return the sentences that may answer, best first.

    Sentences about another model than the question's are left out.

    Args:
        question: What is asked.
        passages: Where to look, best first.
        closeness: For each passage, the similarity (0..1) of each of its units in meaning to
            the question, in the order of `units_of`.
        meaning: Weight (0..1) of the closeness against the words.
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
        meaning=meaning,
    )
    products = _products(question, passages)
    evidence = []
    for candidate in candidates:
        passage = passages[candidate.passage]
        introduces = candidate.unit.text.endswith(":")
        if introduces or _is_of_another(question, candidate.unit, passage):
            continue
        if products and products.isdisjoint(candidate.stems | _product(passage)):
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
    found = [unit for unit in units(passage.text) if unit.kind not in _TITLES]
    start = next(
        (index for index, unit in enumerate(found) if not title.issuperset(words(unit.text))),
        len(found),
    )
    return found[start:]


def in_context(unit: Unit, passage: GroundingPassage) -> str:
    """Return a unit with the headings and the table header that say what it is about."""
    header = f"{' '.join(unit.header.replace('|', ' ').split())}: " if unit.header else ""
    return f"{passage.title}: {header}{' '.join(unit.text.replace('|', ' ').split())}"


def _stems(unit: Unit, language: str) -> frozenset[str]:
    text = _SIGNAL_WORD.sub("", unit.text)
    return frozenset(content_stems(f"{unit.header} {text}", language))


def _title(passage: GroundingPassage) -> frozenset[str]:
    return frozenset(content_stems(passage.title, passage.language))


def _product(passage: GroundingPassage) -> frozenset[str]:
    return frozenset(content_stems(passage.title.split(_PATH)[0], passage.language))


def _products(question: Question, passages: Sequence[GroundingPassage]) -> frozenset[str]:
    """Return the names of the question that some documents bear in their title, not all."""
    titles = [_product(passage) for passage in passages]
    borne = {name for name in question.names if any(name in title for title in titles)}
    return frozenset(name for name in borne if not all(name in title for title in titles))


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
    products = frozenset().union(*(_product(passage) for passage in passages))
    raw = {
        term: log(1 + total / (1 + count))
        * (LIGHT if lexicon.is_light(term, language) else 1.0)
        * (TITLED if term in products else 1.0)
        for term, count in found.items()
    }
    highest = max(raw.values(), default=1.0)
    return {term: value / highest for term, value in raw.items()} | named


def _strength(term: str, stems: frozenset[str], language: str) -> float:
    if term in stems:
        return 1.0
    if not lexicon.synonyms(term, language).isdisjoint(stems):
        return SYNONYM
    telling = [other for other in stems if not lexicon.is_light(other, language)]
    if any(related(term, o) or begins_compound(term, o, language) for o in telling):
        return RELATED
    return SAME_HEAD if any(same_head(term, other, language) for other in telling) else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """What sentences are weighed with."""

    question: Question
    passages: Sequence[GroundingPassage]
    rarity: dict[str, float]
    meaning: float

    def weigh(self, candidate: _Candidate, near: frozenset[str], close: float | None) -> Evidence:
        """Score one sentence; `near` are the words of its heading and of the one before."""
        own, beside = self._strengths(candidate, near)
        passage = self.passages[candidate.passage]
        unit = candidate.unit
        fit = _kind_factor(self.question, unit) * _amount_factor(self.question, unit)
        fit *= _form_factor(self.question, unit) * self._name_factor(own, beside)
        covered = min(self._covered(own, beside) * fit, 1.0)
        certain = covered
        if close is not None:
            alike = min(max((close - UNALIKE) / (ALIKE - UNALIKE), 0.0), 1.0) * min(fit, 1.0)
            certain = (1 - self.meaning) * covered + self.meaning * alike
        step = self.question.want is Want.STEPS and unit.kind is UnitKind.STEP
        score = certain * (STEP_BONUS if step else 1.0)
        score += PASSAGE_WEIGHT * (1 - candidate.passage / max(len(self.passages), 1))
        return Evidence(
            passage=candidate.passage,
            index=candidate.index,
            unit=candidate.unit,
            marker=passage.marker,
            language=passage.language,
            covered=covered,
            certain=certain,
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
        return sum(self.rarity[term] * best[term] for term in self.rarity) / total

    def _name_factor(self, own: dict[str, float], beside: dict[str, float]) -> float:
        asked = self.question
        wanted = [*asked.names, *([asked.focus] if asked.focus else [])]
        missing = any(own[term] == beside[term] == 0.0 for term in wanted)
        products = frozenset().union(*(_product(passage) for passage in self.passages))
        telling = [
            term
            for term in asked.terms
            if term not in products and not lexicon.is_light(term, asked.language)
        ]
        telling += [name for name in asked.identifiers if self.rarity[name] > TITLED]
        silent = telling and not any(own[term] for term in telling)
        return (WITHOUT_FOCUS if missing else 1.0) * (WITHOUT_WORD if silent else 1.0)


def _kind_factor(question: Question, unit: Unit) -> float:
    """Return how well the kind of a sentence fits the kind of the question."""
    found = quantities(unit.text, question.language)
    dimensions = {quantity.dimension for quantity in found}
    if _FREQUENCY.search(unit.text):
        dimensions.add("day")
    if dimensions:
        # A single letter of a header is a model's (`Model S`) rather than a unit.
        dimensions |= {dimension_of(word) for word in words(unit.header) if len(word) > 1}
    if question.dimensions:
        fits = not dimensions.isdisjoint(question.dimensions)
        return 1.0 if fits else _WITHOUT_KIND.get(question.want, WRONG_KIND)
    if question.want is Want.AMOUNT:
        return 1.0 if dimensions else _WITHOUT_KIND[Want.AMOUNT]
    return 1.0


def _amount_factor(question: Question, unit: Unit) -> float:
    """Return how well the amounts of a sentence fit those that the question names."""
    if not question.amounts:
        return 1.0
    found = set(quantities(unit.text, question.language))
    return SAME_AMOUNT if found & question.amounts else OTHER_AMOUNT


def _form_factor(question: Question, unit: Unit) -> float:
    """Return how likely it is that a unit says something of the kind that is asked for."""
    if question.want is Want.YES_NO and _RULES.search(unit.text):
        return RULE_BONUS
    open_ended = not unit.text.rstrip("\"'”“»)]").endswith((".", "!", "?", ";"))
    return OPEN_ENDED if unit.kind is UnitKind.SENTENCE and open_ended else 1.0


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
