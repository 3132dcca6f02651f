"""Which words of a claim does its evidence say, in these or other words?"""

from collections.abc import Iterable, Set
from dataclasses import dataclass

from graphs.query.statements import Statement, Token
from providers.chat_model.reading import lexicon
from providers.chat_model.reading.words import related

SAME, SYNONYM, RELATED = 1.0, 0.9, 0.75
"""How much a word counts that is found as itself, as a synonym, or by its root."""
LIGHT_WEIGHT = 0.3
NOUN_WEIGHT = 1.3


@dataclass(frozen=True, slots=True)
class Match:
    """How a claim's content is covered: share 0..1, pairs of words, and what is missing."""

    share: float
    pairs: tuple[tuple[Token, Token], ...]
    missing: tuple[Token, ...]

    @property
    def evidence_clauses(self) -> dict[int, int]:
        """How many words were found in each clause of the evidence."""
        counts: dict[int, int] = {}
        for _, token in self.pairs:
            counts[token.clause] = counts.get(token.clause, 0) + 1
        return counts


def match(claim: Iterable[Token], evidence: Statement, context: frozenset[str]) -> Match:
    """Find each content word of a claim in the evidence, or else in its context (headings)."""
    total = covered = 0.0
    pairs: list[tuple[Token, Token]] = []
    missing: list[Token] = []
    language = evidence.language
    for token in claim:
        weight = weigh(token, language)
        total += weight
        strength, found = _find(token, evidence)
        if found is not None:
            pairs.append((token, found))
            covered += weight * strength
        elif token.stem in context:
            covered += weight
        else:
            missing.append(token)
    share = covered / total if total else 0.0
    return Match(share=share, pairs=tuple(pairs), missing=tuple(missing))


def weigh(token: Token, language: str) -> float:
    """Return how much a content word counts: verbs of all work little, German nouns more."""
    if lexicon.is_light(token.stem, language):
        return LIGHT_WEIGHT
    return NOUN_WEIGHT if token.noun else 1.0


def reach(token: Token, stems: Set[str], language: str) -> float:
    """Return the most that a word may count anywhere in a text of these stems; 0 is not at all."""
    if token.stem in stems:
        return SAME
    if not lexicon.synonyms(token.stem, language).isdisjoint(stems):
        return SYNONYM
    return RELATED if any(related(token.stem, stem) for stem in stems) else 0.0


def _find(token: Token, evidence: Statement) -> tuple[float, Token | None]:
    same = evidence.by_stem.get(token.stem)
    if same is not None:
        return SAME, same
    others = lexicon.synonyms(token.stem, evidence.language)
    if others:
        for stem, candidate in evidence.by_stem.items():
            if stem in others:
                return SYNONYM, candidate
    for candidate in evidence.telling:
        if related(token.stem, candidate.stem):
            return RELATED, candidate
    return 0.0, None
