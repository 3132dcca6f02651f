"""A verified question with its query; what the question names is left open in both."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from graphs.text_to_sql.reading.mentions import Kind, Mention
from graphs.text_to_sql.reading.pieces import Reading
from graphs.text_to_sql.verified.literals import Bound, Form, forms_of, literals_of, value_of
from providers.sql_types import Dialect

_ENDS = frozenset({Form.END, Form.LAST})


@dataclass(frozen=True, slots=True)
class Example:
    """A verified pair as it is kept: a question and one SELECT with literal values."""

    id: str
    question: str
    sql: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A value that may be another one: its kind, and the literals that say it."""

    kind: Kind
    bound: tuple[Bound, ...]
    quoted: bool = False
    current: bool = False
    """Whether it is a period that is not over, and the query therefore names no end."""
    unit: str | None = None
    """The unit of time that a number counts."""
    is_day: bool | None = None
    """Whether only a single day fits, only more than a day, or both (None)."""

    @property
    def column(self) -> tuple[str, str] | None:
        """The column that a text is compared with; None where the query does not say."""
        return next((one.column for one in self.bound if one.column is not None), None)

    @property
    def signature(self) -> tuple[str, ...]:
        """Type of the slot: its kind, its column and how its literals say the value."""
        forms = sorted({one.form.value for one in self.bound})
        column = ".".join(self.column or ()) if self.kind == "text" else ""
        return (self.kind, column, *forms)


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with the values of another question: SQL with `:name` parameters."""

    sql: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Template:
    """An example that was read; `fixed` are values of its question that its query does not hold."""

    example: Example
    reading: Reading
    tree: exp.Expr
    slots: tuple[Slot, ...]
    fixed: tuple[str, ...]
    dialect: Dialect
    today: date

    @property
    def signature(self) -> tuple[tuple[str, ...], ...]:
        """The types of the slots, whatever their order."""
        return tuple(sorted(slot.signature for slot in self.slots))

    def fill(self, mentions: Sequence[Mention], *, negated: bool = False) -> Filled | None:
        """Put the values of another question into the query.

        Each value must fill exactly one slot, and each slot needs one; slots of one type are
        filled in the order in which the questions name them, and two ends of one span by their
        days. A value that the query always leaves out may be named when the question is
        `negated`. None when they do not fit.
        """
        left = [one for one in mentions if not (negated and self._leaves_out(one))]
        if self._spans():
            periods = [one for one in left if one.period is not None]
            periods.sort(key=lambda one: one.period.start if one.period else date.min)
            left = [one for one in left if one.period is None] + periods
        for text in self.fixed:
            same = next((one for one in left if one.text.casefold() == text), None)
            if same is None:
                return None
            left.remove(same)
        if len(left) != len(self.slots):
            return None
        values: dict[int, Any] = {}
        for slot in self.slots:
            taken = next(
                (one for one in left if _take(slot, one, self.tree, self.today) is not None), None
            )
            if taken is None:
                return None
            left.remove(taken)
            values |= _take(slot, taken, self.tree, self.today) or {}
        return self._emit(values)

    def _leaves_out(self, mention: Mention) -> bool:
        """Tell whether a text is one that the query excludes whatever its values are."""
        open_ = {bound.index for slot in self.slots for bound in slot.bound}
        spellings = {place.value.casefold() for place in mention.places}
        return any(
            isinstance(literal.parent, exp.NEQ) and literal.name.casefold() in spellings
            for index, literal in enumerate(literals_of(self.tree))
            if index not in open_
        )

    def _spans(self) -> bool:
        """Tell whether one period of the question starts a span of days and another ends it."""
        forms = [{one.form for one in slot.bound} for slot in self.slots if slot.kind == "period"]
        return {Form.START} in forms and any(each <= _ENDS for each in forms)

    def _emit(self, values: Mapping[int, Any]) -> Filled:
        tree = self.tree.copy()
        params: dict[str, Any] = {}
        for index, literal in enumerate(literals_of(tree)):
            if index not in values:
                continue
            if isinstance(literal.parent, exp.Limit):
                literal.replace(exp.Literal.number(int(values[index])))
                continue
            name = f"p{len(params) + 1}"
            params[name] = values[index]
            literal.replace(exp.Placeholder(this=name))
        return Filled(tree.sql(dialect=self.dialect.value), params)


def make_template(
    example: Example, reading: Reading, dialect: Dialect, today: date
) -> Template | None:
    """Find which literals of a query say what its question names.

    Returns None for a query that cannot be read.
    """
    try:
        tree = sqlglot.parse_one(example.sql, dialect=dialect.value)
    except SqlglotError:
        return None
    literals = literals_of(tree)
    taken: set[int] = set()
    slots, fixed = [], []
    for mention in reading.mentions:
        bound = []
        for index, literal in enumerate(literals):
            form = None if index in taken else forms_of(literal, mention, today)
            if form is not None:
                bound.append(Bound(index, form, _column_of(literal, tree)))
        bound = _plausible(bound)
        taken.update(one.index for one in bound)
        if bound:
            current = _is_current(mention, today) and {one.form for one in bound} == {Form.START}
            is_day = _wants_day(mention, bound, literals)
            slots.append(
                Slot(mention.kind, tuple(bound), mention.quoted, current, mention.unit, is_day)
            )
        else:
            fixed.append(mention.text.casefold())
    return Template(example, reading, tree, tuple(slots), tuple(fixed), dialect, today)


def _plausible(bound: list[Bound]) -> list[Bound]:
    """Leave out a day that two forms explain: the end of a period is not also its last day."""
    forms = Counter(one.form for one in bound)
    if forms[Form.END] and forms[Form.LAST]:
        return [one for one in bound if one.form is not Form.LAST]
    return bound


def _take(slot: Slot, mention: Mention, tree: exp.Expr, today: date) -> dict[int, Any] | None:
    """Return the literals' values that a mention gives a slot."""
    if mention.kind != slot.kind or not _in_time(slot, mention, today):
        return None
    spelling = None
    if slot.kind == "text" and slot.column is not None and mention.places:
        places = [p for p in mention.places if _same_column(slot.column, (p.table, p.column))]
        if not places:
            return None
        spelling = places[0].value
    elif slot.kind == "text" and not mention.places and not (slot.quoted or mention.quoted):
        return None
    literals = literals_of(tree)
    values = {
        one.index: value_of(
            one.form, mention, spelling, was=literals[one.index], today=today, unit=slot.unit
        )
        for one in slot.bound
    }
    return None if any(value is None for value in values.values()) else values


def _in_time(slot: Slot, mention: Mention, today: date) -> bool:
    """Tell whether a period can be asked for: what is to come is in no database."""
    if mention.period is None:
        return True
    if slot.is_day is not None and slot.is_day is not (mention.period.unit == "day"):
        return False
    return mention.period.start <= today and (not slot.current or _is_current(mention, today))


def _wants_day(
    mention: Mention, bound: Sequence[Bound], literals: Sequence[exp.Literal]
) -> bool | None:
    """Tell whether a query is for single days: one that compares with a day's only date is."""
    if mention.period is None:
        return None
    forms = {one.form for one in bound}
    if mention.period.unit == "day" and forms == {Form.START}:
        parents = [literals[one.index].parent for one in bound]
        return True if any(isinstance(one, exp.EQ | exp.LTE | exp.GT) for one in parents) else None
    whole = Form.START in forms and bool(forms & {Form.END, Form.LAST})
    return False if whole and mention.period.unit != "day" else None


def _is_current(mention: Mention, today: date) -> bool:
    period = mention.period
    return period is not None and period.start <= today < period.end


def _same_column(one: tuple[str, str], other: tuple[str, str]) -> bool:
    table = one[0] == "" or one[0].lower() == other[0].lower()
    return table and one[1].lower() == other[1].lower()


def _column_of(literal: exp.Literal, tree: exp.Expr) -> tuple[str, str] | None:
    """Return the column that a literal is compared with, its alias resolved."""
    parent = literal.parent
    while isinstance(parent, exp.Lower | exp.Upper | exp.Paren | exp.Tuple):
        parent = parent.parent
    if not isinstance(parent, exp.Predicate | exp.Binary | exp.In):
        return None
    column = next(iter(parent.find_all(exp.Column)), None)
    if column is None:
        return None
    tables = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    names = set(tables.values())
    known = tables.get(column.table, next(iter(names)) if len(names) == 1 else "")
    return known, column.name
