"""Reads a simple question into the parts of a query; every word must have its place.

It is no grammar of English: pieces are read from left to right, each by the first rule that
knows it, and a piece that no rule knows ends the attempt. That keeps what it answers right.
"""

from collections.abc import Callable
from typing import Final

from graphs.text_to_sql.reading.asking import ADDITIVE, Op
from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.tokens import singular, stems_of
from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary
from graphs.text_to_sql.rules.certainty import require_certain
from graphs.text_to_sql.rules.conditions import Conditions
from graphs.text_to_sql.rules.spec import (
    Bucket,
    Filter,
    Function,
    Group,
    Measure,
    Order,
    RuleError,
    Spec,
    UnexplainedError,
)

_FUNCTIONS: Final[dict[Op, Function]] = {
    Op.SUM: "sum", Op.AVG: "avg", Op.MAX: "max", Op.MIN: "min",
}  # fmt: skip
_EXTREMES: Final = (Op.MAX, Op.MIN)
_BUCKETS: Final[dict[str, Bucket]] = {
    "day": "day", "month": "month", "year": "year", "quarter": "quarter",
    "daily": "day", "monthly": "month", "yearly": "year", "annually": "year",
}  # fmt: skip


def parse(reading: Reading, vocabulary: Vocabulary) -> Spec:
    """Return the query that a question asks for.

    Raises:
        AmbiguousError: some of its words may mean several things.
        RuleError: it is not simple enough, or some of its words are not known.
    """
    return _Parser(reading, vocabulary).parse()


class _Parser(Conditions):
    def parse(self) -> Spec:
        while not self._cursor.done:
            before = self._cursor.at
            if not any(rule(self) for rule in _RULES):
                piece = self._cursor.peek()
                raise UnexplainedError(f"no rule for {piece.text if piece else ''!r}")
            if self._cursor.at == before:
                raise UnexplainedError("a rule read nothing")
        return self._finish()

    def _finish(self) -> Spec:
        spec = self._spec
        if self._negated:
            raise UnexplainedError("a negation without what it negates")
        if self._waiting is not None:
            if spec.order is None and len(spec.measures) == 1:
                self._rank(spec.measures.pop(), descending=True)
            if spec.order is None:
                raise UnexplainedError("a number of rows without what ranks them")
            spec.limit = self._waiting
        self._settle_times()
        self._settle_columns()
        if self._descending is not None:
            self._direct(descending=self._descending)
        if spec.subject is None and not (spec.measures or spec.columns):
            raise RuleError("it is not clear what is asked for")
        return spec

    def _settle_columns(self) -> None:
        """Decide what columns are for that no condition took."""
        spec = self._spec
        if not spec.measures and (spec.groups or spec.subject is None):
            added = [one for one in spec.columns if one in self._additive]
            if added == spec.columns and len(added) == 1:
                spec.measures = [Measure("sum", added[0])]
                spec.columns.clear()
        if not spec.measures:
            self._require_asked()
            self._show_names()
            return
        for column in list(spec.columns):
            if column not in self._early and self._is_own_day(column):
                spec.columns.remove(column)  # "how many orders did they place"
        if any(one not in self._early for one in spec.columns):
            raise UnexplainedError("a column beside a figure")
        spec.groups += [Group(one) for one in spec.columns]
        spec.columns.clear()

    def _require_asked(self) -> None:
        if self._verbs & {*self._spec.columns}:
            raise UnexplainedError("a verb that may not ask for the day")
        require_certain(self._spec, self._vocabulary)

    def _show_names(self) -> None:
        spec = self._spec
        if not (spec.columns and self._subject_first and spec.subject is not None):
            return
        label = self._vocabulary.label(spec.subject)
        if label is None:
            raise RuleError(f"the rows of {spec.subject} have no name to show")
        if label not in spec.columns:
            spec.columns.insert(0, label)

    def _is_own_day(self, column: Element) -> bool:
        tables = {one.element.table for one in self._spec.measures}
        return column.table in tables and self._resolver.own_day(column.table) == column

    # Rules: each reads some pieces and says so, or reads nothing and says so.

    def _ask(self) -> bool:
        piece = self._cursor.peek()
        if piece is not None and piece.op is Op.LIST and not (piece.elements and self._cursor.at):
            self._cursor.take()
            self._listing = True
            return True
        if self._cursor.op() is Op.DISTINCT:
            self._cursor.take()
            self._spec.distinct = True
            return True
        return False

    def _count(self) -> bool:
        if not self._cursor.take_op({Op.COUNT}):
            return False
        counted = self._counted()
        if self._spec.order is not None and self._spec.order.by == counted:
            self._spec.ranked = True  # the figure that ranks is asked for, too
        else:
            self._spec.measures.append(counted)
        return True

    def _counted(self) -> Measure:
        """Read what is counted: a table's rows, a column's amounts or its different values."""
        distinct = self._cursor.take_op({Op.DISTINCT}) is not None
        piece = self._cursor.peek()
        if piece is None:
            raise UnexplainedError("nothing to count")
        if piece.mention is not None and piece.mention.places:
            place, _ = self._resolver.place(piece.mention, piece, None)
            return Measure("count", Element(place.table))
        if not piece.elements:
            raise UnexplainedError(f"{piece.text!r} cannot be counted")
        element = self._resolver.element(self._cursor.take())
        if element.column is None:
            self._name(element.table)
            return Measure("count", element)
        if self._vocabulary.is_numeric(element) and not distinct:
            return Measure("sum", element)
        return Measure("count", element, distinct=True)

    def _aggregate(self) -> bool:
        op = self._cursor.op()
        if op not in _FUNCTIONS:
            return False
        following = self._cursor.peek(1)
        own = self._cursor.peek()
        if following is not None and (
            following.elements or following.op in {*_FUNCTIONS, Op.COUNT}
        ):
            return self._figure(op)
        if op is Op.SUM and own is not None and own.elements:
            added = self._spec.columns
            if following is None and len(added) == 1 and added[0] in self._additive:
                self._cursor.take()  # units returned, total
                self._spec.measures.append(Measure("sum", added.pop()))
                return True
            return False  # a column that is called total
        if op is Op.SUM and self._spec.measures:
            self._cursor.take()  # "in total", after the figure
            return True
        raise UnexplainedError(f"no figure for {own.text if own else ''!r}")

    def _figure(self, op: Op) -> bool:
        self._cursor.take()
        if op in _EXTREMES and self._ranks():
            self._rank(self._ranked_by(op), descending=op is Op.MAX)
            return True
        if self._cursor.op() in _FUNCTIONS or self._cursor.op() is Op.COUNT:
            raise UnexplainedError("a figure of a figure")
        piece = self._cursor.take()
        element = self._resolver.element(piece)
        if op in _EXTREMES and piece.text.lower().endswith("ed"):
            raise UnexplainedError(f"{piece.text!r} says something of rows")
        times = op in _EXTREMES and self._vocabulary.is_temporal(element)
        if not (self._vocabulary.is_numeric(element) or times):
            raise UnexplainedError("a figure needs a column of amounts")
        self._spec.measures.append(Measure(_FUNCTIONS[op], element))
        return True

    def _ranks(self) -> bool:
        """Tell whether a superlative picks rows: which one has the highest, not what is it."""
        return self._waiting is not None or (
            self._spec.subject is not None or bool(self._spec.columns)
        )

    def _ranked_by(self, op: Op) -> Measure | Element:
        """Read what rows are ranked by, after `most` or `highest`."""
        inner = self._cursor.take_op({*_FUNCTIONS, Op.COUNT})
        if inner in _EXTREMES:
            raise UnexplainedError("a superlative of a superlative")
        if inner is Op.COUNT:
            return self._counted()
        piece = self._cursor.take()
        element = self._resolver.element(piece)
        if element.column is None:
            self._name(element.table)
            return Measure("count", element)
        return self._ranking(element, piece, inner)

    def _ranking(self, element: Element, piece: Piece, inner: Op | None) -> Measure | Element:
        """Return the figure of a column that rows are ranked by."""
        if inner is not None:
            if not self._vocabulary.is_numeric(element):
                raise UnexplainedError("a figure needs a column of amounts")
            return Measure(_FUNCTIONS[inner], element)
        if not (self._vocabulary.is_numeric(element) or self._vocabulary.is_temporal(element)):
            raise UnexplainedError(f"rows cannot be ranked by {element.column}")
        subject = self._spec.subject or self._spec.columns[0].table
        if self._spec.subject is None and not self._identifies(self._spec.columns[0]):
            if ADDITIVE & {*stems_of(piece.text)}:
                return Measure("sum", element)
            raise RuleError("a ranking of a column's values needs a sum or an average")
        if element.table != subject and ADDITIVE & {*stems_of(piece.text)}:
            return Measure("sum", element)
        if element.table != subject:
            raise RuleError("a ranking by another table's column needs a sum or an average")
        return element

    def _identifies(self, column: Element) -> bool:
        return column in (self._vocabulary.label(column.table), self._vocabulary.key(column.table))

    def _rank(self, by: Measure | Element, *, descending: bool) -> None:
        if self._spec.order is not None:
            raise UnexplainedError("two rankings")
        if isinstance(by, Measure) and self._spec.groups:
            raise UnexplainedError("a ranking of groups")
        self._spec.order = Order(by, descending)
        if self._waiting is None:
            self._spec.limit = 1

    def _top(self) -> bool:
        if self._cursor.op() is Op.TOP:
            self._cursor.take()
            number = self._cursor.number()
            if isinstance(number, int):
                self._cursor.take()
            self._waiting = number if isinstance(number, int) else 1
            self._spec.ranked = True
            return True
        number, following = self._cursor.number(), self._cursor.peek(1)
        if not isinstance(number, int) or following is None or self._column is not None:
            return False
        table = any(one.column is None for one in following.elements)
        if table and self._spec.subject is None and not self._spec.measures:
            self._cursor.take()
            self._waiting = number
            return True
        return False

    def _group(self) -> bool:
        piece = self._cursor.peek()
        if piece is None or piece.op is not Op.GROUP:
            return False
        self._cursor.take()
        if self._waiting is not None and self._spec.order is None and piece.text.lower() == "by":
            self._rank(self._ranking_figure(), descending=True)
            return True
        found = [self._grouped(by=piece.text.lower() == "by")]
        while self._cursor.op() is Op.AND and self._plain_column(1):
            self._cursor.take()
            found.append(self._grouped())
        self._spec.groups += [one for one in found if one is not None]
        return True

    def _ranking_figure(self) -> Measure | Element:
        """Read what follows `top 5 … by`."""
        inner = self._cursor.op()
        if inner in _EXTREMES:
            raise UnexplainedError("a superlative of a ranking")
        return self._ranked_by(Op.MAX)

    def _grouped(self, *, by: bool = False) -> Group | None:
        piece = self._cursor.take()
        bucket = _BUCKETS.get(piece.text.lower())
        if bucket is not None and not piece.elements:
            if self._resolver.last is None:
                raise UnexplainedError("a time without what it is about")
            return Group(self._resolver.date_among([self._resolver.last], piece), bucket)
        if not piece.elements:
            raise UnexplainedError(f"figures for each {piece.text!r}")
        element = self._resolver.element(piece)
        if element.column is None:
            self._name(element.table)
            if by and singular(piece.text.lower()) != piece.text.lower():
                return None  # by customers: those who did it
        elif self._vocabulary.is_numeric(element) and not self._spec.measures:
            raise UnexplainedError("a group by amounts")
        return Group(element)

    def _plain_column(self, ahead: int) -> bool:
        piece = self._cursor.peek(ahead)
        return piece is not None and any(one.column for one in piece.elements) and piece.op is None

    def _sort(self) -> bool:
        if self._cursor.op() in {Op.DESC, Op.ASC}:
            return self._direction()
        if not self._cursor.take_op({Op.ORDER}):
            return False
        self._cursor.take_op({Op.GROUP})  # "ordered" and "by" around another word
        inner = self._cursor.take_op({*_FUNCTIONS, Op.COUNT} - set(_EXTREMES))
        if self._spec.order is not None:
            raise UnexplainedError("two orders")
        self._spec.order = Order(self._sorted_by(inner), descending=False)
        if self._cursor.op() in {Op.DESC, Op.ASC}:
            self._direction()
        return True

    def _sorted_by(self, inner: Op | None) -> Measure | Element:
        piece = self._cursor.peek()
        figures = self._spec.measures
        if piece is None or not piece.elements:
            if inner is not None and len(figures) == 1:
                return figures[0]
            raise UnexplainedError("ordered by what?")
        element = self._resolver.element(self._cursor.take())
        wanted = [one for one in figures if one.element == element]
        if wanted:
            return wanted[0]
        if element.column is None or inner is not None:
            raise UnexplainedError("ordered by a figure that is not asked for")
        return element

    def _direction(self) -> bool:
        op = self._cursor.take().op
        self._descending = op is Op.DESC
        return True

    def _direct(self, *, descending: bool) -> None:
        order, figures = self._spec.order, self._spec.measures
        if order is None and len(figures) == 1:
            order = Order(figures[0], descending=False)
        if order is None:
            raise UnexplainedError("a direction without an order")
        self._spec.order = Order(order.by, descending=descending)

    def _element(self) -> bool:
        piece = self._cursor.peek()
        if piece is None or not piece.elements:
            return False
        self._cursor.take()
        element = self._resolver.element(piece)
        if element.column is None:
            self._name(element.table)
            if self._spec.subject is None:
                self._spec.subject = element.table
                self._subject_first = not self._spec.columns
        elif self._vocabulary.is_flag(element) and not self._starts_list():
            self._spec.filters.append(Filter(element, "=", (not self._negated,)))
            self._negated = False
        else:
            self._column = element
            if element not in self._spec.columns:
                self._spec.columns.append(element)
            if not self._spec.measures:
                self._early.add(element)
            if self._vocabulary.is_temporal(element) and piece.text.lower().endswith("ed"):
                self._verbs.add(element)
            if ADDITIVE & {*stems_of(piece.text)} or piece.op is Op.SUM:
                self._additive.add(element)
            return True
        self._column = None
        return True

    def _starts_list(self) -> bool:
        """Tell whether a flag is asked for, and not a condition."""
        return self._listing and self._spec.subject is None and not self._cursor.rest()

    def _and(self) -> bool:
        if self._cursor.op() is not Op.AND:
            return False
        following = self._cursor.peek(1)
        if following is None or not (following.elements or following.op or following.mention):
            raise UnexplainedError("and what?")
        self._cursor.take()
        self._column = None
        return True


_RULES: Final[tuple[Callable[[_Parser], bool], ...]] = (
    _Parser._ask,
    _Parser._count,
    _Parser._compare,
    _Parser._period,
    _Parser._top,
    _Parser._group,
    _Parser._sort,
    _Parser._negate,
    _Parser._aggregate,
    _Parser._value,
    _Parser._and,
    _Parser._element,
)
