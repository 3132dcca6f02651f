"""The values in a question: texts of the database, numbers, days and periods."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Literal

from graphs.text_to_sql.reading.index import Place, ValueIndex
from graphs.text_to_sql.reading.times import Period, times_of
from graphs.text_to_sql.reading.tokens import Token

Kind = Literal["text", "number", "period"]
_QUOTED = re.compile(r"\"([^\"]{1,200})\"|“([^”]{1,200})”|(?<!\w)['‘]([^'’]{1,200})['’](?!\w)")
_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_UNITS = {
    word: unit
    for unit in ("day", "week", "month", "quarter", "year")
    for word in (unit, f"{unit}s")
}
_WORDS = {
    word: value
    for value, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve".split(), 2
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "fifty": 50, "hundred": 100, "thousand": 1000}


@dataclass(frozen=True, slots=True)
class Mention:
    """A value that a question names, at its characters.

    A text has the `places` where the database holds it, with its spelling there; a quoted text
    that it does not hold has none. A number has the `unit` of time that follows it: 90 days.
    """

    kind: Kind
    start: int
    end: int
    text: str
    number: int | float | None = None
    period: Period | None = None
    places: tuple[Place, ...] = ()
    quoted: bool = False
    unit: str | None = None


def mentions_of(
    question: str, tokens: Sequence[Token], index: ValueIndex, today: date
) -> list[Mention]:
    """Return the values of a question in order; none overlaps another.

    Quoted texts win over values of the index, these over times, these over numbers: a product
    `Kern 5` has no number 5 in it.
    """
    found: list[Mention] = []

    def add(mention: Mention) -> None:
        if not any(mention.start < one.end and one.start < mention.end for one in found):
            found.append(mention)

    for match in _QUOTED.finditer(question):
        text = next(group for group in match.groups() if group is not None).strip()
        places = index.find(text)
        add(Mention("text", match.start(), match.end(), text, places=places, quoted=True))
    for start, end, places in index.spans(tokens):
        add(Mention("text", start, end, question[start:end], places=places))
    for timed in times_of(question, today):
        text = question[timed.start : timed.end]
        add(Mention("period", timed.start, timed.end, text, period=timed.period))
    for token, following in zip_longest(tokens, tokens[1:]):
        number = None if token is None else _number(token.text)
        if token is not None and number is not None:
            unit = _UNITS.get(following.text) if following is not None else None
            add(Mention("number", token.start, token.end, token.text, number=number, unit=unit))
    return sorted(found, key=lambda one: one.start)


def _number(word: str) -> int | float | None:
    if word in _WORDS:
        return _WORDS[word]
    if not _NUMBER.fullmatch(word):
        return None
    plain = word.replace(",", "")
    return float(plain) if "." in plain else int(plain)
