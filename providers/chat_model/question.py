"""Reads a question: what it asks for, and of which product."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from providers.chat_model.reading.identifiers import identifiers, shape
from providers.chat_model.reading.quantities import (
    Quantity,
    dimension_of,
    is_number,
    is_unit,
    quantities,
    spoken_quantities,
)
from providers.chat_model.reading.words import content_words, stem


class Want(StrEnum):
    """What kind of answer a question asks for."""

    DURATION = "duration"
    TEMPERATURE = "temperature"
    PRICE = "price"
    AMOUNT = "amount"
    STEPS = "steps"
    REASON = "reason"
    YES_NO = "yes_no"
    FACT = "fact"


DIMENSIONS: dict[Want, frozenset[str]] = {
    Want.DURATION: frozenset({"second", "day", "month", "clock"}),
    Want.TEMPERATURE: frozenset({"celsius", "fahrenheit", "degree", "kelvin"}),
    Want.PRICE: frozenset({"euro", "dollar"}),
}
"""Dimensions of the quantities that answer a question of each kind."""

_PATTERNS: dict[Want, str] = {
    Want.PRICE: r"\bhow much (?:does|do|is|are|will|would)\b.*\b(?:cost|charged?)\b|"
    r"\bwhat does .* cost\b|\bprice\b|\bwas kostet\b|\bwie viel kostet\b|\bwie teuer\b|\bpreis\b",
    Want.DURATION: r"\bhow (?:long|often|soon|quickly|frequently)\b|\bfor how long\b|\bhow many "
    r"(?:seconds|minutes|hours|days|weeks|months|years)\b|\bwie (?:lange|oft|schnell|häufig)\b|"
    r"\bwie viele (?:sekunden|minuten|stunden|tage|wochen|monate|jahre)\b",
    Want.TEMPERATURE: r"\b(?:what|which) temperature|\bhow (?:hot|warm|cold)\b|"
    r"\bhow many degrees\b|\bwelche[rn]? temperatur|\bwie (?:heiß|warm|kalt)\b|\bwie viel grad\b",
    Want.AMOUNT: r"\bhow (?:much|many|big|large|heavy|high|tall|wide|deep|far|loud|thick|fast|"
    r"powerful)\b|\bwhat (?:size|weight|power|voltage|capacity|distance)\b|\bwie (?:viele?|groß|"
    r"schwer|hoch|breit|tief|weit|laut|dick|lang)\b",
    Want.STEPS: r"\bhow (?:do|can|should|to|would|must)\b|"
    r"\bwhat (?:do|must|should|can) (?:i|you|we) do\b|\bsteps?\b|"
    r"\bwas (?:muss|soll|kann) (?:ich|man)\b|\bwie (?:kann|muss|soll|stelle|"
    r"reinige|entkalke|setze|baue|schalte|wechsle|tausche|starte|mache|\w+e) (?:ich|man|den|die|"
    r"das)\b|\bwie \w+t man\b",
    Want.REASON: r"\bwhy\b|\bwarum\b|\bwieso\b|\bweshalb\b|\bworan liegt\b",
    Want.YES_NO: r"^(?:is|are|can|may|do|does|should|must|will|has|have|am|ist|sind|kann|darf|muss|"
    r"soll|gibt|hat|haben|wird|können|dürfen|lässt)\b",
}
_COMPILED = {want: re.compile(pattern, re.IGNORECASE) for want, pattern in _PATTERNS.items()}

_FOCUS = re.compile(
    r"\b(?:what|which|how many|welche[nmrs]?|wie viele)\s+"
    r"(?:(?:kind|type|sort|art|number)s?\s+(?:of|von)?\s*)?"
    r"(?P<focus>[^\W\d_]{3,})",
    re.IGNORECASE,
)
_ASKED_UNIT = re.compile(
    r"\b(?:how many|in|wie viele|wieviele)\s+(?P<unit>[^\W\d_]{3,})\b", re.IGNORECASE
)
_PROPER = re.compile(r"(?<=[a-z,] )[A-Z][\w]*(?:-[\w]+)*")
_ASKING = {
    "en": "what which who how why many much long often happen tell explain describe mean does "
    "want need goes should know find give list thing kind sort way possible help please something "
    "anything let get go say says do wrong problem error code message report reports reads shows "
    "appears last lasts",
    "de": "was welche wer wie warum viel viele lange oft bedeuten bedeutet erklären sagen heißt "
    "brauche will möchte weiß finde gibt nennen mache machen tun soll muss etwas geht passiert "
    "hält halten dauert obwohl gerade habe schon denn mal eigentlich anzeigen anzeige zeigt "
    "fehler fehlercode problem meldung meldet erscheint",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, read.

    `terms` are the stems that an answer should speak of; `focus` is the one it asks after
    (`which oil`), if there is one; `names` are
    those that the question writes as proper names. `identifiers` are models and codes,
    `amounts` the quantities with a unit; an answer has a quantity of one of `dimensions`.
    """

    text: str
    language: str
    want: Want
    terms: tuple[str, ...]
    identifiers: frozenset[str]
    focus: str | None = None
    names: frozenset[str] = frozenset()
    amounts: frozenset[Quantity] = frozenset()
    dimensions: frozenset[str] = frozenset()


def asking_words(language: str) -> frozenset[str]:
    """Return the words that only ask, and tell nothing of what is asked about."""
    return frozenset(_ASKING.get(language, "").split())


def read_question(text: str, language: str, names: Iterable[str] = ()) -> Question:
    """Read a question in `language` (ISO 639-1); `names` are product names to look for."""
    want = next((w for w, pattern in _COMPILED.items() if pattern.search(text.strip())), Want.FACT)
    asking = asking_words(language)
    named = identifiers(text, names)
    found = [
        stem(word, language)
        for word in content_words(text, language)
        if word not in asking and not is_number(word) and not is_unit(word)
    ]
    names = {name.lower() for name in named}
    names |= {stem(shape(name).lower(), language) for name in named}
    terms = [term for term in dict.fromkeys(found) if term.replace("-", "") not in names]
    asked = _FOCUS.search(text)
    focus = stem(asked["focus"].lower(), language) if asked else None
    proper = _PROPER.findall(text) if language == "en" else []
    return Question(
        text=text,
        language=language,
        want=want,
        terms=tuple(terms),
        identifiers=named,
        focus=focus if focus in terms else None,
        names=frozenset(stem(word.lower(), language) for word in proper).intersection(terms),
        amounts=_amounts(text, language),
        dimensions=_dimensions(text, want),
    )


def _dimensions(text: str, want: Want) -> frozenset[str]:
    """Return the dimensions of the unit that is asked for, else those of the kind of answer."""
    asked = {dimension_of(match["unit"].lower()) for match in _ASKED_UNIT.finditer(text)} - {""}
    return frozenset(asked) or DIMENSIONS.get(want, frozenset())


def _amounts(text: str, language: str) -> frozenset[Quantity]:
    found = [*quantities(text, language), *spoken_quantities(text)]
    return frozenset(quantity for quantity in found if quantity.dimension)
