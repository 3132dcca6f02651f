"""Names of products, parts and codes: `KX-200`, `CR2032`, `E14`, `F21`, `G9`."""

import re

from providers.chat_model.reading.quantities import is_measure

_CANDIDATE = re.compile(r"(?<![\w])[A-Za-z0-9]+(?:[-/][A-Za-z0-9]+)*(?![\w])")
_LETTER = re.compile(r"[A-Za-z]")
_DIGIT = re.compile(r"\d")


def identifiers(text: str) -> frozenset[str]:
    """Return the identifiers of a text, upper case and without hyphens.

    An identifier mixes letters and digits, starts with a capital letter and is no quantity
    (`5L` and `230V` are quantities).
    """
    found = set()
    for match in _CANDIDATE.finditer(text):
        word = match.group()
        if not (_LETTER.search(word) and _DIGIT.search(word)):
            continue
        if is_measure(word) or not word[0].isupper():
            continue
        found.add(word.replace("-", "").replace("/", "").upper())
    return frozenset(found)
