"""A simple query as its parts, before it is written as SQL."""

from dataclasses import dataclass, field
from typing import Literal

from graphs.text_to_sql.reading.times import Period
from graphs.text_to_sql.reading.vocabulary import Element

Function = Literal["count", "sum", "avg", "max", "min"]
Comparison = Literal["=", "<>", ">", ">=", "<", "<=", "in", "not in", "null", "not null"]
Bucket = Literal["day", "month", "quarter", "year"]
Value = str | int | float | bool


class RuleError(Exception):
    """The rules cannot answer this question; the message says why."""


class UnexplainedError(RuleError):
    """Words of the question mean nothing that the rules know."""


class AmbiguousError(RuleError):
    """Some words may mean several things; each of `choices` is one."""

    def __init__(self, words: str, choices: tuple[Element, ...], start: int, end: int) -> None:
        super().__init__(f"{words!r} may mean several things")
        self.words, self.choices, self.start, self.end = words, choices, start, end


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure over rows; `count` of a table counts its rows."""

    function: Function
    element: Element
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on a column."""

    element: Element
    comparison: Comparison
    values: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Within:
    """A condition on a column of days: at or after `start`, before `end`; either may be open."""

    element: Element
    start: Period | None = None
    end: Period | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """What figures are given for: a column, a table's rows, or the days of a column in buckets."""

    element: Element
    bucket: Bucket | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are ordered by."""

    by: Measure | Element
    descending: bool


@dataclass(slots=True)
class Spec:
    """A query in parts; `subject` is the table that is asked for, `tables` are all it names."""

    subject: str | None = None
    tables: list[str] = field(default_factory=list)
    columns: list[Element] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    filters: list[Filter | Within] = field(default_factory=list)
    having: list[tuple[Measure, Comparison, Value]] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    order: Order | None = None
    limit: int | None = None
    distinct: bool = False
    ranked: bool = False
    """Whether it asks for a numbered ranking, which shows the figure too."""


def figures_of(spec: Spec) -> list[Measure]:
    """Return every figure of a query: shown, compared or ranked by."""
    found = [*spec.measures, *(one for one, _, _ in spec.having)]
    if spec.order is not None and isinstance(spec.order.by, Measure):
        found.append(spec.order.by)
    return found
