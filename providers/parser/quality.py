"""How well a text came out of its file: pages without text, characters that went wrong."""

import re
import unicodedata

from providers.types import ParsedDocument

MIN_PAGE_CHARS = 8
"""A page with fewer letters and digits counts as a page without text (a scan, a drawing)."""
REPLACED = "\ufffd"
_MOJIBAKE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc"
    "\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
)
"""A letter of UTF-8 read as Windows-1252: a lead byte, then what a second byte is taken for."""
_NO_LETTERS = frozenset({"Co", "Cn"})
"""Private use and unassigned: what a font without a map of its letters leaves."""


def has_text(text: str) -> bool:
    """Tell whether the text of a page is more than a page number."""
    return sum(character.isalnum() for character in text) >= MIN_PAGE_CHARS


def text_page_share(document: ParsedDocument) -> float:
    """Return the share of pages with text, 0 to 1; 1 for a format without pages."""
    if not document.pages:
        return 1.0
    texts = (document.text[page.start : page.end] for page in document.pages)
    return sum(map(has_text, texts)) / len(document.pages)


def garbled_characters(text: str) -> int:
    """Count the characters that went wrong: replaced, misread, or no letters at all."""
    # The categories are looked up once for each different character, of which there are few.
    foreign = {c for c in set(text) if unicodedata.category(c) in _NO_LETTERS or c == REPLACED}
    wrong = sum(text.count(character) for character in foreign)
    return wrong + sum(1 for _ in _MOJIBAKE.finditer(text))
