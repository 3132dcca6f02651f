"""The texts that a database holds, so that a question's values find their columns."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from graphs.text_to_sql.reading.demonyms import BY_COUNTRY
from graphs.text_to_sql.reading.tokens import Token, singular, tokens_of

MAX_WORDS: Final = 8
"""Longest value that is found without quotes, in words."""
_MIN_CHARS = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A text of the database: its column, and how it is spelt there."""

    table: str
    column: str
    value: str


@dataclass(slots=True)
class ValueIndex:
    """Values by their words; only columns that the policy opens for it are in here."""

    _places: dict[tuple[str, ...], list[Place]] = field(default_factory=dict)
    _values: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    _longest: int = 1

    def add(self, table: str, column: str, values: Iterable[str]) -> None:
        """Take in the values of one column."""
        held = self._values.setdefault((table, column), set())
        for value in values:
            held.add(value)
            words = tuple(token.text for token in tokens_of(value))
            if 0 < len(words) <= MAX_WORDS and len(value.strip()) >= _MIN_CHARS:
                self._longest = max(self._longest, len(words))
                place = Place(table, column, value)
                adjective = BY_COUNTRY.get(value.strip().casefold())
                keys = {words, (*words[:-1], singular(words[-1]))}
                for key in keys | ({(adjective,)} if adjective else set()):
                    self._places.setdefault(key, []).append(place)

    def find(self, text: str) -> tuple[Place, ...]:
        """Return where a text stands; upper and lower case do not matter."""
        words = tuple(token.text for token in tokens_of(text))
        return tuple(self._places.get(words, ()))

    def values(self, table: str, column: str) -> frozenset[str]:
        """Return the indexed values of a column; none when it is not indexed."""
        return frozenset(self._values.get((table, column), ()))

    def spans(self, tokens: Sequence[Token]) -> Iterator[tuple[int, int, tuple[Place, ...]]]:
        """Yield the longest values among words, from left to right, with their characters."""
        at = 0
        while at < len(tokens):
            for size in range(min(self._longest, len(tokens) - at), 0, -1):
                places = self._at(tokens[at : at + size])
                if places:
                    yield tokens[at].start, tokens[at + size - 1].end, places
                    at += size
                    break
            else:
                at += 1

    def _at(self, run: Sequence[Token]) -> tuple[Place, ...]:
        words = tuple(token.text for token in run)
        if len(run) == 1 and run[0].text.isdigit():
            return ()  # a bare number is one, whatever the database calls by it
        exact = self._places.get(words)
        if exact is None:
            exact = self._places.get((*words[:-1], singular(run[-1].text)), [])
        return tuple(dict.fromkeys(exact))
