"""Numbers with their units, normalised so that two ways of writing one can be compared."""

import re
from dataclasses import dataclass, field

from providers.chat_model.reading.words import NUMBER_WORDS

_UNITS: dict[str, tuple[str, float]] = {}
"""Spelling in lower case to (dimension, factor)."""


def _add(dimension: str, factor: float, spellings: str) -> None:
    for spelling in spellings.split():
        _UNITS[spelling] = (dimension, factor)


_add("celsius", 1, "°c celsius ℃")
_add("fahrenheit", 1, "°f fahrenheit ℉")
_add("degree", 1, "° degree degrees grad")
_add("kelvin", 1, "kelvin")
_add("percent", 1, "% percent prozent")
_add("second", 1, "s sec secs second seconds sek sekunde sekunden sekündig")
_add("second", 60, "min mins minute minutes minuten minütig")
_add("second", 3600, "h hr hrs hour hours std stunde stunden stündig")
_add("second", 0.001, "msec millisecond milliseconds millisekunde millisekunden")
_add("day", 1, "day days tag tage tagen")
_add("day", 7, "week weeks woche wochen")
_add("month", 1, "month months monat monate monaten")
_add("month", 12, "year years jahr jahre jahren")
_add("metre", 1, "m metre metres meter meters metern")
_add("metre", 0.01, "cm centimetre centimetres centimeter centimeters zentimeter")
_add("metre", 0.001, "mm millimetre millimetres millimeter millimeters")
_add("metre", 1000, "km kilometre kilometres kilometer kilometers")
_add("inch", 1, "in inch inches zoll")
_add("foot", 1, "ft foot feet")
_add("litre", 1, "l litre litres liter liters litern")
_add("litre", 0.01, "cl centilitre centilitres")
_add("litre", 0.001, "ml millilitre millilitres milliliter milliliters")
_add("gram", 1, "g gram grams gramme grammes gramm")
_add("gram", 1000, "kg kilogram kilograms kilo kilos kilogramm")
_add("gram", 0.001, "mg milligram milligrams milligramm")
_add("pound", 1, "lb lbs pound pounds pfund")
_add("ounce", 1, "oz ounce ounces")
_add("watt", 1, "w watt watts")
_add("watt", 1000, "kw kilowatt kilowatts")
_add("watthour", 1, "wh")
_add("watthour", 1000, "kwh")
_add("watthour", 1e6, "mwh")
_add("volt", 1, "v volt volts")
_add("volt", 0.001, "mv millivolt")
_add("ampere", 1, "a amp amps ampere")
_add("ampere", 0.001, "ma")
_add("amphour", 1, "ah")
_add("amphour", 0.001, "mah")
_add("hertz", 1, "hz hertz")
_add("hertz", 1e3, "khz")
_add("hertz", 1e6, "mhz")
_add("hertz", 1e9, "ghz")
_add("decibel", 1, "db db(a) decibel decibels dezibel")
_add("bar", 1, "bar bars")
_add("bar", 0.001, "mbar")
_add("pascal", 1, "pa pascal")
_add("pascal", 1000, "kpa")
_add("pascal", 1e6, "mpa")
_add("psi", 1, "psi")
_add("rpm", 1, "rpm u/min min⁻¹ 1/min umdrehungen")
_add("byte", 1e6, "mb megabyte megabytes")
_add("byte", 1e9, "gb gigabyte gigabytes")
_add("euro", 1, "€ eur euro euros")
_add("dollar", 1, "$ usd dollar dollars")
_add("time", 1, "times time mal")

_SPELLINGS = "|".join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f']\d{3})+(?!\d)|\d+(?:[.,]\d+)*"
_WORDS = "|".join(sorted(NUMBER_WORDS, key=len, reverse=True))
_QUANTITY = re.compile(
    rf"(?<![\w.,])(?<![^\W\d]-)(?P<low>[+\-−]?(?:{_NUMBER})|\b(?:{_WORDS})\b)"
    rf"(?:\s*(?:–|-|−|to|bis|\.\.\.|…|and|und)\s*(?P<high>[+\-−]?(?:{_NUMBER})))?"
    rf"(?:[\s\u00a0\u202f-]*(?P<unit>{_SPELLINGS})(?![^\W_]))?(?!\w)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(?<![\d:])(\d{1,2}):(\d{2})(?![\d:])(?:\s*(h|std|uhr|am|pm|min)\b)?", re.I)
_MEASURE = re.compile(rf"(?:{_NUMBER})(?:{_SPELLINGS})", re.IGNORECASE)
_ONE = re.compile(
    r"\b(?P<half>half|halbe[nrms]?)?\s*\b(?:an?|one|full|whole|eine?[nrms]?|volle[nrms]?|"
    r"ganze[nrms]?|halbe[nrms]?)\s+(?:full |whole |volle[nrms]? |ganze[nrms]? |halbe[nrms]? )?"
    r"(?P<unit>[^\W\d_]{4,})(?!\w)",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{3})+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in the base unit of its dimension; `dimension` is empty for a bare number.

    `written` is the number as it stands in the text, before its unit is applied.
    """

    value: float
    dimension: str = ""
    written: float = field(default=0.0, compare=False)


def quantities(text: str, language: str = "en") -> list[Quantity]:
    """Return the quantities of a text in order; a range gives both of its ends.

    Dimensions are kept apart where conversion would hide a mistake: °C and °F, pounds and
    grams never agree. `1,000` and `1.000` are read by the conventions of `language`.
    """
    found: list[Quantity] = []
    for match in _CLOCK.finditer(text):
        found.append(_clock(match))
    rest = _CLOCK.sub(" ; ", text)
    for match in _QUANTITY.finditer(rest):
        dimension, factor = _UNITS.get((match["unit"] or "").lower(), ("", 1.0))
        for written in (match["low"], match["high"]):
            if written:
                number = parse_number(written, language)
                found.append(Quantity(round(number * factor, 9), dimension, number))
    return found


def spoken_quantities(text: str) -> list[Quantity]:
    """Return the quantities that are told in words: `half a kilo`, `a full litre`."""
    found = []
    for match in _ONE.finditer(text):
        dimension, factor = _UNITS.get(match["unit"].lower(), ("", 0.0))
        if factor:
            number = 0.5 if re.search(r"\bhalf|\bhalb", match.group(), re.IGNORECASE) else 1.0
            found.append(Quantity(round(number * factor, 9), dimension, number))
    return found


def is_measure(word: str) -> bool:
    """Tell whether a word is a number glued to its unit (`230V`, `5L`)."""
    return _MEASURE.fullmatch(word) is not None


def is_number(word: str) -> bool:
    """Tell whether a word is a number, in digits or (up to twelve) in letters."""
    return word[:1].isdigit() or word in NUMBER_WORDS or is_measure(word)


def is_unit(word: str) -> bool:
    """Tell whether a word in lower case is a unit."""
    return word in _UNITS


def dimension_of(word: str) -> str:
    """Return the dimension of a unit in lower case, or an empty string."""
    return _UNITS.get(word, ("", 0.0))[0]


def parse_number(written: str, language: str = "en") -> float:
    """Read a number as it is written in `language`; number words up to twelve too."""
    text = re.sub(r"[ \u00a0\u202f'+]", "", written.lower()).replace("−", "-")
    if text in NUMBER_WORDS:
        return float(NUMBER_WORDS[text])
    sign, text = (-1.0, text[1:]) if text.startswith("-") else (1.0, text)
    thousands, point = (".", ",") if language == "de" else (",", ".")
    if _GROUPED.fullmatch(text) and thousands in text and point not in text:
        text = text.replace(thousands, "")
    elif thousands in text and point in text:
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    head, dot, tail = text.rpartition(".")
    return sign * float(head.replace(".", "") + dot + tail)


def _clock(match: re.Match[str]) -> Quantity:
    hours, minutes, unit = int(match[1]), int(match[2]), (match[3] or "").lower()
    if unit in {"h", "std"}:
        return Quantity(float(hours * 3600 + minutes * 60), "second")
    if unit == "min":
        return Quantity(float(hours * 60 + minutes), "second")
    afternoon = 12 if unit == "pm" and hours < 12 else 0  # noqa: PLR2004
    return Quantity(float((hours + afternoon) * 60 + minutes), "clock")
