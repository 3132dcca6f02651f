"""Finds a quote in the characters of a printed page.

A parser and a PDF viewer read the same page differently: spaces, line ends, hyphens,
ligatures, and the marks of Markdown come and go. Letters and digits stay, so only they
are compared.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

MIN_PIECE: Final = 12
"""Letters that a piece of a broken quote needs to count: shorter ones occur by chance."""
MIN_FOUND: Final = 0.5
"""Share of a broken quote's letters that its pieces must cover to be shown."""


@dataclass(frozen=True, slots=True)
class PageText:
    """The letters and digits of a page, folded; `origin[i]` is the character `letters[i]` is of."""

    letters: str
    origin: tuple[int, ...]

    @classmethod
    def of(cls, characters: Iterable[str]) -> "PageText":
        """Fold characters, each of which may become none, one or (a ligature) several."""
        letters: list[str] = []
        origin: list[int] = []
        for index, character in enumerate(characters):
            for letter in _fold(character):
                letters.append(letter)
                origin.append(index)
        return cls("".join(letters), tuple(origin))


def _fold(character: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", character).casefold()
    return [letter for letter in folded if letter.isalnum()]


def find_quote(page: PageText, quote: str) -> list[int]:
    """Return the indexes of the page's characters that a quote covers, in the page's order.

    A quote that does not stand in one piece (the page ends inside it, a table is read in
    another order) is covered by its longer pieces; none are returned when too little is found.
    """
    wanted = PageText.of(quote).letters
    if not wanted:
        return []
    start = page.letters.find(wanted)
    if start >= 0:
        return _characters(page, start, start + len(wanted))
    pieces = [
        block
        for block in SequenceMatcher(
            None, page.letters, wanted, autojunk=False
        ).get_matching_blocks()
        if block.size >= MIN_PIECE
    ]
    if sum(piece.size for piece in pieces) < len(wanted) * MIN_FOUND:
        return []
    return [index for piece in pieces for index in _characters(page, piece.a, piece.a + piece.size)]


def _characters(page: PageText, start: int, end: int) -> list[int]:
    return sorted(set(page.origin[start:end]))
