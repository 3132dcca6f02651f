"""Do two questions ask the same? Answered by rules, after their vectors have come close.

Vectors are close for questions that differ in one decisive detail: another model, another
number, a negation, the other door. So nothing that decides the meaning may differ, and each word
that carries meaning must be in both, as itself, as a synonym or by its root.
"""

import re
from collections.abc import Callable
from typing import Final

from graphs.query.matching import LIGHT_WEIGHT, Match, match, weigh
from graphs.query.statements import Statement, Token, read
from providers.chat_model.question import Want, read_question
from providers.chat_model.reading import lexicon
from providers.chat_model.reading.quantities import Quantity
from providers.chat_model.reading.words import stem

_LONGEST: Final = 300
"""Longer questions tell stories; their details are too many to be compared."""
_ASKING: Final = {
    "en": "often frequently many much ok okay happen tell explain mean want need "
    "find way help please do "
    "should must can could would interval time know recommend correct "
    "right proper properly exactly possible way thing",
    "de": "oft häufig viel viele bedeuten bedeutet sagen heißen heißt brauchen "
    "finden geben gehen machen tun "
    "sollen müssen können dürfen bitte abstand mal richtig genau",
}
"""Words that ask, and say nothing of what is asked about."""
_PERMISSION: Final = frozenset(
    "may allowed permitted allow permit darf darfst dürfen dürft dürfte erlaubt zulässig".split()
)
_POSSIBILITY: Final = frozenset("can could possible kann kannst können könnte möglich".split())
"""Words of permission, but in `How can I …`."""
_OBLIGATION: Final = frozenset(
    "must should shall need needs needed necessary required require requires muss musst müssen "
    "soll sollte sollen brauche brauchen braucht nötig notwendig erforderlich".split()
)
_HAVE_TO: Final = re.compile(r"\b(?:have|has) to\b", re.I)
_PARTICLES: Final = frozenset("off out up down away back over inside outside".split())
"""Small words that make another verb of the one they go with."""
_DIRECTIONS: Final = frozenset(
    "from to into onto than before after instead without von nach zum zur als vor statt".split()
)
"""Small words after which it matters what comes."""
_DENYING: Final = frozenset("un in im ir il dis non mis".split())
"""Beginnings that turn a word round: `suitable`, `unsuitable`."""
_KINDS: Final = frozenset({Want.DURATION, Want.TEMPERATURE, Want.PRICE, Want.AMOUNT, Want.REASON})
"""Kinds of answers that no other kind can stand for."""
_PLACE_OR_TIME: Final = frozenset({"when", "where", "who", "wann", "wo", "wer"})
_NUMBER: Final = re.compile(r"\d+")
_MEASURED: Final = frozenset({Want.DURATION, Want.AMOUNT})
_NAMES_A_MEASURE: Final = re.compile(r"what(?:'s|’s| is) the\b|was ist (?:der|die|das)\b", re.I)


def difference(one: str, other: str, language: str) -> str | None:
    """Return why two questions do not ask the same, or None when nothing speaks against it.

    Args:
        one: A question.
        other: Another question, of the same language.
        language: ISO 639-1.
    """
    if max(len(one), len(other)) > _LONGEST:
        return "length"
    first, second = read(one, language), read(other, language)
    forth = match(_content(first), second, frozenset())
    back = match(_content(second), first, frozenset())
    for check in _CHECKS:
        reason = check(first, second, forth, back)
        if reason is not None:
            return reason
    return _other_kind(one, other, language)


def _content(statement: Statement) -> tuple[Token, ...]:
    asking = _asking(statement.language)
    return tuple(token for token in statement.content if token.stem not in asking)


def _asking(language: str) -> frozenset[str]:
    return frozenset(stem(word, language) for word in _ASKING.get(language, "").split())


def _identifiers(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    return None if one.identifiers == other.identifiers else "identifier"


def _numbers(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    return None if _values(one) == _values(other) else "number"


def _values(statement: Statement) -> list[tuple[str, str]]:
    return sorted(_value(quantity) for quantity in statement.all_quantities if _counts(quantity))


def _counts(quantity: Quantity) -> bool:
    """`One` is more often an article than a number."""
    return bool(quantity.dimension) or quantity.value not in {0.0, 1.0}


def _value(quantity: Quantity) -> tuple[str, str]:
    return quantity.dimension, f"{quantity.value:.9g}"


def _digits(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """Whatever has a digit in it stands in both: `Rill 17`, `E4`, `3.5`."""
    return None if _with_digits(one) == _with_digits(other) else "number"


def _with_digits(statement: Statement) -> set[str]:
    # Numbers with a unit were compared by their value: 2 minutes are 120 seconds.
    held = {quantity.written for quantity in statement.all_quantities if quantity.dimension}
    words = {token.word for token in statement.tokens if any(c.isdigit() for c in token.word)}
    return {word for word in words if _leading_number(word) not in held}


def _leading_number(word: str) -> float | None:
    found = _NUMBER.match(word)
    return float(found.group()) if found else None


def _negation(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    return None if _denials(one) == _denials(other) else "negation"


def _denials(statement: Statement) -> int:
    without = sum(lexicon.is_without(token.word) for token in statement.tokens)
    return (sum(statement.negated) + without) % 2


def _opposites(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """A word of one question must not face its contrary, or another of its kind, in the other."""
    for here, there in ((one, other), (other, one)):
        for token in here.tokens:
            form = token.stem if token.stem.endswith("#") else token.word
            contrary = lexicon.opposites(form, here.language)
            if token.stem not in there.stems and contrary & there.stems:
                return f"opposite of {token.word}"
    return None


def _strengths(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """`All`, `always`, `only` and words such as `automatically` stand in both or in none."""
    language = one.language
    tests: tuple[Callable[[str, str], bool], ...] = (
        lexicon.is_universal,
        lexicon.is_always,
        lexicon.is_exclusive,
        lexicon.is_material,
    )
    for test in tests:
        if any(test(w, language) for w in one.words) != any(test(w, language) for w in other.words):
            return "strength"
    return None


def _names(one: Statement, other: Statement, forth: Match, back: Match) -> str | None:
    """A proper name stands in both."""
    return "name" if any(token.name for token in (*forth.missing, *back.missing)) else None


def _things(one: Statement, other: Statement, forth: Match, back: Match) -> str | None:
    """What one question speaks of and the other does not makes another question of it."""
    alone = (*forth.missing, *back.missing)
    return "words" if any(weigh(token, one.language) > LIGHT_WEIGHT for token in alone) else None


def _place_or_time(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """`When`, `where` and `who` begin both or neither."""
    return None if _begins(one) == _begins(other) else "kind"


def _begins(statement: Statement) -> str | None:
    first = statement.tokens[0].word if statement.tokens else ""
    return first if first in _PLACE_OR_TIME else None


def _modality(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """What may be done is not what must be done."""
    (may, must), (may_too, must_too) = _modes(one), _modes(other)
    if (may and must_too and not may_too) or (must and may_too and not must_too):
        return "modality"
    counts = read_question(one.text, one.language).want is Want.AMOUNT
    return "modality" if counts and must != must_too else None


def _modes(statement: Statement) -> tuple[bool, bool]:
    """Tell whether a question is about permission, and whether about obligation."""
    steps = read_question(statement.text, statement.language).want is Want.STEPS
    permission = _PERMISSION if steps else _PERMISSION | _POSSIBILITY
    must = bool(_OBLIGATION & statement.words) or bool(_HAVE_TO.search(statement.text))
    return bool(permission & statement.words), must


def _particles(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """`Set the alarm` is not `set the alarm off`."""
    return None if _PARTICLES & one.words == _PARTICLES & other.words else "particle"


def _prefixes(one: Statement, other: Statement, forth: Match, _back: Match) -> str | None:
    """`Suitable` is not `unsuitable`, though they share a root."""
    for token, found in forth.pairs:
        short, long = sorted((token.stem, found.stem), key=len)
        if long.endswith(short) and long.removesuffix(short) in _DENYING:
            return "negation"
    return None


def _order(one: Statement, other: Statement, _forth: Match, _back: Match) -> str | None:
    """The very same words in another order: who does what to whom is another."""
    said, also = ([token.word for token in each.tokens] for each in (one, other))
    return "order" if said != also and sorted(said) == sorted(also) else None


def _directions(one: Statement, other: Statement, forth: Match, _back: Match) -> str | None:
    """What `to`, `from` or `than` leads to is the same."""
    same = {(token.stem, found.stem) for token, found in forth.pairs}
    ours, theirs = _led_to(one), _led_to(other)
    for word in ours.keys() & theirs.keys():
        if ours[word] != theirs[word] and (ours[word], theirs[word]) not in same:
            return "direction"
    return None


def _led_to(statement: Statement) -> dict[str, str]:
    """Return the stem of the first word that carries meaning behind each direction."""
    found: dict[str, str] = {}
    for place, token in enumerate(statement.tokens):
        behind = (later.stem for later in statement.tokens[place + 1 :] if later.content)
        if token.word in _DIRECTIONS and (stem_ := next(behind, None)) is not None:
            found[token.word] = stem_
    return found


_CHECKS: Final = (
    _identifiers,
    _numbers,
    _digits,
    _negation,
    _opposites,
    _strengths,
    _names,
    _things,
    _place_or_time,
    _modality,
    _particles,
    _prefixes,
    _order,
    _directions,
)


def _other_kind(one: str, other: str, language: str) -> str | None:
    first, second = (read_question(text, language).want for text in (one, other))
    if first is second or not {first, second} & _KINDS:
        return None
    for want, text in ((first, other), (second, one)):
        if want in _MEASURED and _NAMES_A_MEASURE.match(text.strip()):
            return None  # `How long is the hose?`, `What is the length of the hose?`
    return "kind"
