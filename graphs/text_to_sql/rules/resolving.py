"""Decides what words mean that may name several parts of the schema."""

from collections.abc import Sequence
from typing import Final

from graphs.text_to_sql.reading.mentions import Mention
from graphs.text_to_sql.reading.pieces import Piece
from graphs.text_to_sql.reading.tokens import stems_of
from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary, spoken
from graphs.text_to_sql.rules.spec import AmbiguousError, RuleError, UnexplainedError


class Resolver:
    """Knows which tables a question names, and prefers their columns."""

    def __init__(self, pieces: Sequence[Piece], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.named = _named(pieces)
        self.last: str | None = None
        """The table that was read last, by itself or by a column."""

    def element(self, piece: Piece) -> Element:
        """Return the one part of the schema that a piece names, and remember its table.

        Raises:
            AmbiguousError: it may be several.
        """
        found = self.choose(piece.elements, piece)
        self.last = found.table
        return found

    def choose(self, elements: Sequence[Element], piece: Piece) -> Element:
        """Return one of several: a table before columns, then the tables that are named."""
        if not elements:
            raise UnexplainedError(f"{piece.text!r} names no table or column")
        tables = [one for one in elements if one.column is None]
        left = list(tables or elements)
        if len(left) > 1:
            near = [one for one in left if one.table == self.last]
            named = [one for one in left if one.table in self.named]
            left = near if len(near) == 1 else (named or left)
        if len(left) > 1:
            raise AmbiguousError(piece.text, tuple(left), piece.start, piece.end)
        return left[0]

    def place(self, mention: Mention, piece: Piece, hint: Element | None) -> tuple[Element, str]:
        """Return the column that a text is a value of, and its spelling there.

        Raises:
            AmbiguousError: several columns hold it.
            RuleError: none does.
        """
        places = {Element(p.table, p.column): p.value for p in mention.places}
        if hint is not None and hint in places:
            return hint, places[hint]
        if hint is not None and mention.quoted and not places:
            return hint, mention.text
        if not places:
            raise RuleError(f"{mention.text!r} is not a value that is known")
        if len(places) > 1:
            near = [one for one in places if one.table == self.last]
            named = [one for one in places if one.table in self.named]
            left = near if len(near) == 1 else named or list(places)
            if len(left) > 1:
                raise AmbiguousError(piece.text, tuple(left), piece.start, piece.end)
            return left[0], places[left[0]]
        return next(iter(places.items()))

    def date_among(self, tables: Sequence[str], piece: Piece) -> Element:
        """Return the column of days that a time without further words is about.

        Raises:
            AmbiguousError: there are several.
            RuleError: there is none.
        """
        own = [day for table in tables if (day := self.own_day(table)) is not None]
        if len(own) == 1:
            return own[0]
        each = own or [day for table in tables for day in self._vocabulary.dates(table)]
        if not each:
            raise RuleError(f"no table of the question has days that {piece.text!r} could be about")
        raise AmbiguousError(piece.text, tuple(each), piece.start, piece.end)

    def own_day(self, table: str) -> Element | None:
        """Return the day that a row of a table is about, if its columns leave no doubt.

        It is the one whose name says the table's verb (an order's is `ordered_on`), or the only
        one where that is just called a date.
        """
        dates = self._vocabulary.dates(table)
        own = set(stems_of(spoken(table)))
        verbs = [one for one in dates if own & set(stems_of(spoken(one.column or "")))]
        plain = [one for one in dates if set(spoken(one.column or "").split()) <= _PLAIN]
        if len(verbs) == 1:
            return verbs[0]
        return plain[0] if len(dates) == 1 and plain else None


_PLAIN: Final = frozenset({"date", "day", "time", "datetime", "timestamp", "on", "at", "created"})


def _named(pieces: Sequence[Piece]) -> set[str]:
    """Return the tables that a question surely names."""
    named = set()
    for piece in pieces:
        tables = {one.table for one in piece.elements if one.column is None}
        if len(tables) == 1:
            named |= tables
        elif piece.mention is not None and len({p.table for p in piece.mention.places}) == 1:
            named.add(piece.mention.places[0].table)
    return named
