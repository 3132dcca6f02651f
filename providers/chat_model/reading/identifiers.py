"""Names of products, parts and codes: `KX-200`, `CR2032`, `E14`, `Rill 17 T`."""

import re
from collections.abc import Iterable

from providers.chat_model.reading.quantities import is_measure, is_unit

_CANDIDATE = re.compile(r"(?<![\w])[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*(?![\w])")
_NAMED = re.compile(
    r"(?<!\w)(?P<name>[A-ZÄÖÜ][\w]+)[ \u00a0](?P<number>\d{1,4})"
    r"(?P<suffix>[ \u00a0]?[A-Z](?![\w]))?(?!\w|[.,]\d)"
)
_NAME = re.compile(r"(?<!\w)[A-ZÄÖÜ][^\W\d_]{2,}")
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_ALSO = re.compile(
    r"[ \u00a0]?(?:,|and|und|or|oder|/)[ \u00a0]"
    r"(?P<number>\d{1,4})(?P<suffix>[ \u00a0][A-Z])?(?!\w)"
)


def identifiers(text: str, names: Iterable[str] = ()) -> frozenset[str]:
    """Return the identifiers of a text, upper case and without hyphens or spaces.

    An identifier mixes letters and digits, starts with a capital letter and is no quantity
    (`5L` and `230V` are quantities). A name with a number behind it (`Rill 17`) is one if
    the name is among `names`: elsewhere it may be `Table 3`.
    """
    found = {match.group() for match in _CANDIDATE.finditer(text) if _is_code(match.group())}
    known = {name.lower() for name in names}
    if known:
        found |= set(_named(text, known))
    return frozenset(re.sub(r"[-/\s]", "", name).upper() for name in found)


def names_in(title: str) -> frozenset[str]:
    """Return the words of a title that may be product names, in lower case."""
    return frozenset(match.group().lower() for match in _NAME.finditer(title))


def shape(identifier: str) -> str:
    """Return the letters that an identifier begins with; those of one kind share them."""
    match = _LETTERS.match(identifier)
    return match.group() if match else ""


def _is_code(word: str) -> bool:
    # A candidate is of ASCII: its first letter, if it is upper case, is one.
    return word[0].isupper() and _DIGIT.search(word) is not None and not is_measure(word)


def _named(text: str, known: set[str]) -> Iterable[str]:
    for match in _NAMED.finditer(text):
        name = match["name"]
        if name.lower() not in known or _measures(text, match.end()):
            continue
        yield f"{name}{match['number']}{match['suffix'] or ''}"
        more = _ALSO.match(text, match.end())
        if more and not _measures(text, more.end()):
            yield f"{name}{more['number']}{more['suffix'] or ''}"


def _measures(text: str, end: int) -> bool:
    """Tell whether a unit follows: then the number belongs to it, not to the name."""
    following = re.match(r"[ \u00a0]?([^\W\d_]+|°[CF]|%)", text[end:])
    return following is not None and is_unit(following.group(1).lower())
