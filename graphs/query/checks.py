"""What must not differ between a claim and its evidence, however alike their words are.

Each check returns the reason why the evidence does not support the claim, or None.
"""

import re
from collections.abc import Callable

from graphs.query.matching import Match
from graphs.query.sequences import reversed_order
from graphs.query.statements import Statement, Token
from providers.chat_model.reading import lexicon
from providers.chat_model.reading.quantities import Quantity
from providers.chat_model.reading.words import related

NEAR = 3
"""Words on each side that a word is understood with."""

_AT_LEAST = re.compile(
    r"\b(?:at least|not? (?:less|fewer) than|minimum|or more|mindestens|minimal|wenigstens|"
    r"and over|or over)\b",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"\b(?:at most|up to|no(?:t)? more than|maximum|as much as|as long as|höchstens|bis zu|"
    r"maximal|or less|nicht mehr als)\b",
    re.IGNORECASE,
)
_SHAPE = re.compile(r"[A-Z]+")


def same_quantities(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """Each quantity of the claim stands in the evidence, and with the same things."""
    said = evidence.all_quantities
    for quantity in claim.all_quantities:
        if quantity.value in {0.0, 1.0} and not quantity.dimension:
            continue  # `one` is more often an article than a number
        if not any(_agree(quantity, other) for other in said):
            return "number"
    return _bound_elsewhere(claim, evidence, match)


def _agree(one: Quantity, other: Quantity) -> bool:
    if "" in {one.dimension, other.dimension}:
        return one.written == other.written
    same = abs(one.value - other.value) <= 1e-6 * max(abs(one.value), 1.0)
    return same and one.dimension == other.dimension


def _bound_elsewhere(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """A word of the claim must not stand only with another number than the claim's."""
    wanted = [q for q in claim.all_quantities if q.dimension or q.value not in {0.0, 1.0}]
    if not wanted or evidence.clauses == 1:
        return None
    home = {
        clause
        for clause, held in enumerate(evidence.quantities)
        if any(_agree(quantity, other) for quantity in wanted for other in held)
    }
    for token, found in match.pairs:
        if lexicon.is_light(token.stem, claim.language) or found.clause in home:
            continue
        here = {t.clause for t in evidence.tokens if t.stem == found.stem}
        elsewhere = [c for c in here if evidence.quantities[c] and c not in home]
        if elsewhere and not here & home:
            return "number of something else"
    return None


def same_identifiers(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """Models, parts and codes agree, and what is said is said of the right one."""
    if not claim.identifiers:
        return None
    absent = claim.identifiers - evidence.identifiers
    shapes = {_shape(name) for name in absent}
    if any(_shape(name) in shapes for name in evidence.identifiers):
        return "identifier"
    named = [token for token in evidence.tokens if _plain(token) in evidence.identifiers]
    wanted = {name for name in claim.identifiers if name in evidence.identifiers}
    rivals = [
        t for t in named if _plain(t) not in wanted and _shape(_plain(t)) in map(_shape, wanted)
    ]
    if not rivals or _speaks_of_several(evidence):
        return None
    if _numbers_of_another(claim, evidence, named, wanted):
        return "identifier"
    for _, found in match.pairs:
        if _plain(found) in evidence.identifiers or not found.content:
            continue
        owner = _owner(found, named)
        if owner is not None and _plain(owner) not in wanted:
            return "identifier"
    return None


def _numbers_of_another(
    claim: Statement, evidence: Statement, named: list[Token], wanted: set[str]
) -> bool:
    """Tell whether a number of the claim stands only in clauses about another model."""
    for quantity in claim.all_quantities:
        homes = [
            {_plain(token) for token in named if token.clause == clause}
            for clause, held in enumerate(evidence.quantities)
            if any(_agree(quantity, other) for other in held)
        ]
        if homes and all(names and names.isdisjoint(wanted) for names in homes):
            return True
    return False


def _owner(token: Token, named: list[Token]) -> Token | None:
    """The identifier that a word belongs to: the last one before it, else the next one."""
    before = [name for name in named if name.position <= token.position]
    if before:
        return before[-1]
    return named[0] if named else None


def _speaks_of_several(evidence: Statement) -> bool:
    return not evidence.words.isdisjoint({"both", "beide", "beiden", "respectively", "share"})


def _plain(token: Token) -> str:
    return token.word.replace("-", "").upper()


def _shape(identifier: str) -> str:
    found = _SHAPE.match(identifier)
    return found.group() if found else ""


def same_polarity(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """Each clause of the claim is negated exactly when the clause it comes from is."""
    for token, found in match.pairs:
        if token.denied != found.denied and _denies(token, claim) != _denies(found, evidence):
            return "negation"
    for clause in range(claim.clauses):
        pairs = [pair for pair in match.pairs if pair[0].clause == clause]
        sources = _sources(claim, evidence, clause, match)
        if sources and all(_contradicts(pairs, claim, evidence, source) for source in sources):
            return "negation"
    return None


def _contradicts(
    pairs: list[tuple[Token, Token]], claim: Statement, evidence: Statement, source: int
) -> bool:
    """Tell whether most words of a claim's clause are denied in one text but not in the other."""
    stems = {token.stem: token for token in evidence.tokens if token.clause == source}
    said = [(token, stems[found.stem]) for token, found in pairs if found.stem in stems]
    differ = sum(_denies(token, claim) != _denies(found, evidence) for token, found in said)
    return differ > len(said) / 2


def _denies(token: Token, statement: Statement) -> bool:
    return (statement.negated[token.clause] % 2 == 1) != token.denied


def _sources(claim: Statement, evidence: Statement, clause: int, match: Match) -> list[int]:
    """Return the clauses of the evidence that a clause of the claim has most words from."""
    counts: dict[int, int] = {}
    for token, found in match.pairs:
        if token.clause != clause or lexicon.is_light(token.stem, claim.language):
            continue
        for home in {t.clause for t in evidence.tokens if t.stem == found.stem}:
            counts[home] = counts.get(home, 0) + 1
    best = max(counts.values(), default=0)
    return [home for home, count in counts.items() if count == best]


def no_opposites(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """No word of the claim stands where the evidence has its contrary or another of its kind."""
    partners = {token.position: found for token, found in match.pairs}
    for token in claim.tokens:
        contrary = lexicon.opposites(_form(token), claim.language)
        rivals = [t for t in evidence.tokens if t.stem in contrary]
        if not rivals or any(r.stem in claim.stems for r in rivals):
            rivals = [r for r in rivals if r.stem not in claim.stems]
        if not rivals:
            continue
        same = [t for t in evidence.tokens if t.stem == token.stem]
        if not same:
            return f"opposite of {token.word}"
        if _nearer(token, (same, rivals), claim, evidence, partners):
            return f"opposite of {token.word}"
    return None


def _form(token: Token) -> str:
    return token.stem if token.stem.endswith("#") else token.word


def _nearer(
    token: Token,
    choices: tuple[list[Token], list[Token]],
    claim: Statement,
    evidence: Statement,
    partners: dict[int, Token],
) -> bool:
    """Tell whether the contrary stands nearer than the word to what surrounds it."""
    around = [
        partners[other.position].stem
        for other in claim.tokens
        if other.position in partners
        and 0 < abs(other.position - token.position) <= NEAR
        and other.content
    ]
    if not around:
        return False

    def distance(candidates: list[Token]) -> float:
        return sum(
            min(
                abs(candidate.position - place.position)
                for candidate in candidates
                for place in evidence.tokens
                if place.stem == stem
            )
            for stem in around
        )

    same, rivals = choices
    return distance(rivals) < distance(same)


_CLAIMS = {
    "all": lexicon.is_universal,
    "always": lexicon.is_always,
    "only": lexicon.is_exclusive,
}


def no_overclaim(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """`all`, `always`, `only` are said only where the evidence says them."""
    language = claim.language
    for kind, test in _CLAIMS.items():
        claimed = any(test(word, language) for word in claim.words)
        if claimed and not any(test(word, language) for word in evidence.words):
            return f"overclaim: {kind}"
    return None


def same_bounds(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """`at least` is not `at most`."""
    if not claim.all_quantities:
        return None
    least, most = _AT_LEAST.search(claim.text), _AT_MOST.search(claim.text)
    if least and not most and _AT_MOST.search(evidence.text):
        return None if _AT_LEAST.search(evidence.text) else "bound"
    if most and not least and _AT_LEAST.search(evidence.text):
        return None if _AT_MOST.search(evidence.text) else "bound"
    return None


def same_order(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """What happens first in the claim does not happen last in the evidence."""
    return "order" if reversed_order(claim, evidence, related) else None


def nothing_made_up(claim: Statement, evidence: Statement, match: Match) -> str | None:
    """Proper names and words such as `automatically` are not left to the writer."""
    language = claim.language
    for token in match.missing:
        if token.name and not lexicon.synonyms(token.stem, language):
            return "name"
        if lexicon.is_material(token.word, language):
            return "overclaim"
    return None


Check = Callable[[Statement, Statement, Match], str | None]
CHECKS: tuple[Check, ...] = (
    same_quantities,
    same_identifiers,
    same_polarity,
    no_opposites,
    no_overclaim,
    same_bounds,
    same_order,
    nothing_made_up,
)
