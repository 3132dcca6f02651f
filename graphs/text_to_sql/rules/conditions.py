"""Reads the conditions of a question: comparisons, times, values and what is not there."""

from typing import Final

from graphs.text_to_sql.reading.asking import Op
from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.times import Period
from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary
from graphs.text_to_sql.rules.cursor import Cursor
from graphs.text_to_sql.rules.resolving import Resolver
from graphs.text_to_sql.rules.spec import (
    Comparison,
    Filter,
    Measure,
    Spec,
    UnexplainedError,
    Within,
)

_COMPARISONS: Final[dict[Op, Comparison]] = {
    Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<=", Op.EQ: "=",
}  # fmt: skip
_TIMES: Final = (Op.BEFORE, Op.AFTER, Op.SINCE, Op.UNTIL)


class Conditions:
    """What was read so far, and the rules for conditions; each says whether it read something."""

    def __init__(self, reading: Reading, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._cursor = Cursor(reading.pieces)
        self._resolver = Resolver(self._cursor.pieces, vocabulary)
        self._spec = Spec()
        self._column: Element | None = None
        """A column that was just read and may belong to what follows."""
        self._negated = False
        self._listing = False
        self._times: list[tuple[Piece, Period | None, Period | None]] = []
        """Conditions on days whose column the question does not name."""
        self._subject_first = False
        """Whether columns are shown beside the rows' names: customers and their cities."""
        self._early: set[Element] = set()
        """Columns that were read before any figure."""
        self._additive: set[Element] = set()
        """Columns named by a word for amounts that add up."""
        self._verbs: set[Element] = set()
        """Days that were named by what happened on them, as in `opened`."""
        self._descending: bool | None = None
        self._waiting: int | None = None
        """The number of rows that a ranking is to have, before its figure is known."""

    def _compare(self) -> bool:
        op = self._cursor.op()
        if op in {Op.GT, Op.BETWEEN} and self._is_period(1):
            return self._span() if op is Op.BETWEEN else self._during()
        if op is Op.BETWEEN:
            return self._between()
        if op in _COMPARISONS and self._cursor.number(1) is not None:
            self._cursor.take()
            self._compared(_COMPARISONS[op], self._cursor.take())
            return True
        number, suffix = self._cursor.number(), self._cursor.op(1)
        if number is not None and suffix in {Op.GE, Op.LE}:
            piece = self._cursor.take()
            self._cursor.take()
            self._compared(_COMPARISONS[suffix], piece)
            return True
        if number is not None and self._column is not None:
            self._compared("=", self._cursor.take())
            return True
        return False

    def _compared(self, comparison: Comparison, piece: Piece) -> None:
        """Take a comparison with a number: of the column before it or after it, or of a count."""
        number = piece.mention.number if piece.mention is not None else None
        if number is None:
            raise UnexplainedError("a comparison without a number")
        if self._negated:
            raise UnexplainedError("a negated comparison")
        before, self._column = self._column, None
        if before is not None and self._vocabulary.is_numeric(before):
            if before in self._spec.columns:
                self._spec.columns.remove(before)
            self._spec.filters.append(Filter(before, comparison, (number,)))
            return
        following = self._cursor.peek()
        if following is None or not following.elements:
            self._of_measure(comparison, number)
            return
        element = self._resolver.element(self._cursor.take())
        if element.column is None:
            self._name(element.table)
            self._spec.having.append((Measure("count", element), comparison, number))
        elif self._vocabulary.is_numeric(element):
            self._spec.filters.append(Filter(element, comparison, (number,)))
        else:
            raise UnexplainedError(f"{element.column} is no amount")

    def _of_measure(self, comparison: Comparison, number: float) -> None:
        """Compare the figure that was just read: a total revenue over 5000."""
        if self._spec.subject is None or len(self._spec.measures) != 1:
            raise UnexplainedError("a comparison without what is compared")
        self._spec.having.append((self._spec.measures.pop(), comparison, number))

    def _between(self) -> bool:
        low, high = self._cursor.number(1), self._cursor.number(3)
        if low is None or high is None or self._cursor.op(2) is not Op.AND:
            raise UnexplainedError("between what?")
        self._cursor.at += 4
        element, self._column = self._column, None
        if element is None and (following := self._cursor.peek()) and following.elements:
            element = self._resolver.element(self._cursor.take())
        if element is None or not self._vocabulary.is_numeric(element):
            raise UnexplainedError("between, of what?")
        if element in self._spec.columns:
            self._spec.columns.remove(element)
        self._spec.filters += [Filter(element, ">=", (low,)), Filter(element, "<=", (high,))]
        return True

    def _is_period(self, ahead: int) -> bool:
        mention = self._cursor.mention(ahead)
        return mention is not None and mention.period is not None

    def _during(self) -> bool:
        self._cursor.take()
        return self._period()

    def _span(self) -> bool:
        if self._cursor.op(2) is not Op.AND or not self._is_period(3):
            raise UnexplainedError("between which days?")
        self._cursor.take()
        first = self._cursor.peek()
        start = self._take_period()
        self._cursor.take()
        end = self._take_period()
        if first is not None:
            self._in_time(first, start, end)
        return True

    def _period(self) -> bool:
        op = self._cursor.op()
        ahead = 1 if op in _TIMES else 0
        if not self._is_period(ahead):
            return False
        if ahead:
            self._cursor.take()
        piece = self._cursor.peek()
        period = self._take_period()
        if piece is None or self._negated:
            raise UnexplainedError("a negated time")
        # After a day begins when it has ended; since a day includes it.
        edge = Period(period.end, period.end, period.unit)
        until = Period(period.start, period.start, period.unit)
        start, end = {
            Op.BEFORE: (None, until),
            Op.AFTER: (edge, None),
            Op.SINCE: (period, None),
            Op.UNTIL: (None, period),
        }.get(op or Op.EQ, (period, period))
        self._in_time(piece, start, end)
        return True

    def _take_period(self) -> Period:
        mention = self._cursor.take().mention
        if mention is None or mention.period is None:
            raise UnexplainedError("no time where one should be")
        return mention.period

    def _in_time(self, piece: Piece, start: Period | None, end: Period | None) -> None:
        """Take a condition on days: of the column before it, or one that is found at the end."""
        before, self._column = self._column, None
        if before is None or not self._vocabulary.is_temporal(before):
            self._times.append((piece, start, end))
            return
        if before in self._spec.columns:
            self._spec.columns.remove(before)
        self._spec.filters.append(Within(before, start, end))

    def _settle_times(self) -> None:
        elements = [*self._spec.columns, *(one.element for one in self._spec.measures)]
        tables = dict.fromkeys(
            [
                *(one.table for one in elements),
                *self._spec.tables,
                *filter(None, [self._spec.subject]),
            ]
        )
        for piece, start, end in self._times:
            column = self._resolver.date_among(list(tables), piece)
            self._spec.filters.append(Within(column, start, end))

    def _value(self) -> bool:
        mention, piece = self._cursor.mention(), self._cursor.peek()
        if mention is None or mention.kind != "text" or piece is None:
            return False
        hint, self._column = self._column, None
        self._cursor.take()
        element, value = self._resolver.place(mention, piece, hint)
        if hint == element and hint in self._spec.columns:
            self._spec.columns.remove(hint)
        elif self._names_column(element):
            self._cursor.take()
        values = [value, *self._alternatives(element)]
        self._where(element, tuple(values))
        self._resolver.last = element.table
        return True

    def _names_column(self, element: Element) -> bool:
        """Tell whether the next piece only says what kind of value that was: Hamburg warehouse."""
        piece = self._cursor.peek()
        return piece is not None and piece.op is None and element in piece.elements

    def _alternatives(self, element: Element) -> list[str]:
        """Read further values of the same column: Norway, Denmark or Sweden."""
        found: list[str] = []
        while True:
            ahead = 1 if self._cursor.op() in {Op.OR, Op.AND} else 0
            mention = self._cursor.mention(ahead)
            places = () if mention is None else mention.places
            same = [one.value for one in places if Element(one.table, one.column) == element]
            if not same:
                return found
            self._cursor.at += ahead + 1
            found.append(same[0])

    def _where(self, element: Element, values: tuple[str, ...]) -> None:
        if len(values) == 1:
            comparison: Comparison = "<>" if self._negated else "="
        else:
            comparison = "not in" if self._negated else "in"
        self._negated = False
        self._spec.filters.append(Filter(element, comparison, values))

    def _negate(self) -> bool:
        op = self._cursor.op()
        following = self._cursor.peek(1)
        if op is Op.MISSING or (op is Op.NOT and following is not None and following.elements):
            return self._missing()
        if op is Op.NOT:
            self._cursor.take()
            self._negated = True
            return True
        return False

    def _missing(self) -> bool:
        self._cursor.take()
        self._cursor.take_op({Op.LIST})
        piece = self._cursor.peek()
        if piece is None or not piece.elements:
            raise UnexplainedError("without what?")
        element = self._resolver.element(self._cursor.take())
        if element.column is None:
            if self._spec.subject is None and not self._spec.measures:
                raise UnexplainedError("without, of what?")
            self._spec.absent.append(element.table)
        elif self._vocabulary.is_flag(element):
            self._spec.filters.append(Filter(element, "=", (False,)))
        else:
            self._spec.filters.append(Filter(element, "null"))
        return True

    def _name(self, table: str) -> None:
        if table not in self._spec.tables:
            self._spec.tables.append(table)
