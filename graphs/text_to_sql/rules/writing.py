"""Writes a simple query's parts as SQL with parameters."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlglot import exp

from graphs.text_to_sql.reading.times import Period
from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary, spoken
from graphs.text_to_sql.rules.joins import Step, join
from graphs.text_to_sql.rules.spec import (
    Bucket,
    Filter,
    Group,
    Measure,
    Order,
    RuleError,
    Spec,
    Value,
    Within,
    figures_of,
)
from providers.sql_types import Dialect

_FUNCTIONS: Final[dict[str, Callable[[exp.Expr], exp.Expr]]] = {
    "count": lambda inner: exp.Count(this=inner),
    "sum": lambda inner: exp.Sum(this=inner),
    "avg": lambda inner: exp.Avg(this=inner),
    "max": lambda inner: exp.Max(this=inner),
    "min": lambda inner: exp.Min(this=inner),
}
_COMPARISONS: Final[dict[str, type[exp.Binary]]] = {
    "=": exp.EQ, "<>": exp.NEQ, ">": exp.GT, ">=": exp.GTE, "<": exp.LT, "<=": exp.LTE,
}  # fmt: skip
_SQLITE_BUCKETS: Final = {"day": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}
_POSTGRES_BUCKETS: Final = {"day": "YYYY-MM-DD", "month": "YYYY-MM", "year": "YYYY"}


@dataclass(slots=True)
class Writer:
    """Writes one query; `params` are the values of its `:name` parameters."""

    spec: Spec
    vocabulary: Vocabulary
    params: dict[str, Any] = field(default_factory=dict)
    _steps: list[Step] = field(default_factory=list)

    def write(self) -> str:
        """Return the SQL.

        Raises:
            RuleError: the parts make no query that is surely meant.
        """
        catalog = self.vocabulary.catalog
        root = self._root()
        if any(one.element.table in self.spec.absent for one in self.spec.filters):
            raise RuleError("a condition on rows that are not to be there")
        self._steps = join(catalog, root, self._tables())
        query = exp.Select().from_(self._table(root))
        for step in self._steps:
            query = query.join(self._table(step.table), on=self._on(step), append=True)
        shown, grouped = self._shown()
        query = query.select(*shown)
        conditions = [self._condition(one) for one in self.spec.filters]
        conditions += [self._without(table) for table in self.spec.absent]
        for condition in conditions:
            query = query.where(condition)
        for column in grouped:
            query = query.group_by(column)
        for measure, comparison, value in self.spec.having:
            bound = self._bind(value)
            query = query.having(
                _COMPARISONS[comparison](this=self._measure(measure), expression=bound)
            )
        query = self._ordered(query, grouped)
        if self._counts_groups():
            query = exp.Select().select(exp.Count(this=exp.Star())).from_(query.subquery("found"))
        return query.sql(dialect=catalog.dialect.value)

    def _counts_groups(self) -> bool:
        """Tell whether rows are counted that a figure selects: customers with over ten orders."""
        if not (self.spec.having and self.spec.measures):
            return False
        (first, *others), groups = self.spec.measures, self.spec.groups
        if others or groups or first.element.column is not None or self.spec.order:
            raise RuleError("a figure over rows that another figure selects")
        return True

    def _root(self) -> str:
        """Return the table whose rows are counted or listed."""
        figures = self._figures()
        if figures:
            return figures[0].element.table
        if self.spec.subject is not None:
            return self.spec.subject
        if self.spec.columns:
            return self.spec.columns[0].table
        raise RuleError("it is not clear what is asked for")

    def _figures(self) -> list[Measure]:
        return figures_of(self.spec)

    def _tables(self) -> list[str]:
        """Return all tables that the query reads."""
        spec = self.spec
        elements = [*spec.columns, *(one.element for one in spec.groups)]
        elements += [one.element for one in spec.filters]
        elements += [one.element for one in self._figures()]
        if spec.order is not None and isinstance(spec.order.by, Element):
            elements.append(spec.order.by)
        named = [*spec.tables, *filter(None, [spec.subject])]
        return list(dict.fromkeys([one.table for one in elements] + named))

    def _shown(self) -> tuple[list[exp.Expr], list[exp.Expr]]:
        """Return what is selected and what is grouped by."""
        spec = self.spec
        if self._counts_groups():
            key = self.vocabulary.key(spec.measures[0].element.table)
            if key is None:
                raise RuleError("the rows have no single key to count")
            return [self._column(key)], [self._column(key)]
        if not self._figures():
            if spec.groups:
                raise RuleError("a group needs a figure")
            columns: list[exp.Expr] = [self._column(one) for one in spec.columns or [self._label()]]
            return columns, []
        shown: list[exp.Expr] = []
        grouped: list[exp.Expr] = []
        for group in spec.groups:
            shown.append(self._group(group))
            grouped += self._grouped(group)
        for column in spec.columns:
            shown.append(self._column(column))
            grouped.append(self._column(column))
        if not spec.measures and spec.subject is not None:
            self._of_subject(shown, grouped)
        figures = spec.measures or (self._figures() if spec.ranked else [])
        shown += [exp.alias_(self._measure(one), self._name(one)) for one in figures]
        return shown, grouped

    def _of_subject(self, shown: list[exp.Expr], grouped: list[exp.Expr]) -> None:
        """Show the rows of the subject that a figure ranks or selects."""
        if not shown:
            shown.append(self._column(self._label()))
            grouped.append(self._column(self._label()))
        key = self.vocabulary.key(self.spec.subject or "")
        if key is not None and self._column(key) not in grouped:
            grouped.append(self._column(key))

    def _label(self) -> Element:
        subject = self.spec.subject
        label = None if subject is None else self.vocabulary.label(subject)
        if label is None:
            raise RuleError("it is not clear which columns to show")
        return label

    def _group(self, group: Group) -> exp.Expr:
        if group.element.column is None:
            label = self.vocabulary.label(group.element.table) or self.vocabulary.key(
                group.element.table
            )
            if label is None:
                raise RuleError(f"the rows of {group.element.table} have no name to show")
            return self._column(label)
        if group.bucket is None:
            return self._column(group.element)
        name = group.bucket
        return exp.alias_(self._bucket(group.element, group.bucket), name)

    def _grouped(self, group: Group) -> list[exp.Expr]:
        if group.bucket is not None:
            return [self._bucket(group.element, group.bucket)]
        if group.element.column is not None:
            return [self._column(group.element)]
        key = self.vocabulary.key(group.element.table)
        columns = [self._group(group), *([self._column(key)] if key is not None else [])]
        return list(dict.fromkeys(columns))

    def _bucket(self, element: Element, bucket: Bucket) -> exp.Expr:
        column = self._column(element)
        if self.vocabulary.catalog.dialect is Dialect.SQLITE:
            form = _SQLITE_BUCKETS.get(bucket)
            if form is not None:
                return exp.Anonymous(
                    this="strftime", expressions=[exp.Literal.string(form), column]
                )
        elif bucket in _POSTGRES_BUCKETS:
            text = exp.Literal.string(_POSTGRES_BUCKETS[bucket])
            return exp.Anonymous(this="to_char", expressions=[column, text])
        raise RuleError(f"figures for each {bucket} cannot be written")

    def _measure(self, measure: Measure) -> exp.Expr:
        multiplied = any(step.multiplies for step in self._steps)
        if measure.element.column is None:
            if not multiplied:
                return exp.Count(this=exp.Star())
            key = self.vocabulary.key(measure.element.table)
            if key is None:
                raise RuleError(f"the rows of {measure.element.table} have no single key to count")
            return exp.Count(this=exp.Distinct(expressions=[self._column(key)]))
        column = self._column(measure.element)
        if measure.distinct:
            return _FUNCTIONS[measure.function](exp.Distinct(expressions=[column]))
        if multiplied and measure.function in {"sum", "avg", "count"}:
            raise RuleError("a join would count some rows more than once")
        return _FUNCTIONS[measure.function](column)

    def _name(self, measure: Measure) -> str:
        words = [measure.function, *spoken(measure.element.column or measure.element.table).split()]
        return "_".join(words)

    def _condition(self, condition: Filter | Within) -> exp.Expr:
        column = self._column(condition.element)
        if isinstance(condition, Within):
            return self._within(column, condition)
        if condition.comparison in {"null", "not null"}:
            empty = exp.Is(this=column, expression=exp.Null())
            return empty if condition.comparison == "null" else exp.Not(this=empty)
        if condition.comparison in {"in", "not in"}:
            inside = exp.In(this=column, expressions=[self._bind(one) for one in condition.values])
            return inside if condition.comparison == "in" else exp.Not(this=inside)
        value = self._bind(condition.values[0])
        return _COMPARISONS[condition.comparison](this=column, expression=value)

    def _within(self, column: exp.Expr, within: Within) -> exp.Expr:
        parts: list[exp.Expr] = []
        if within.start is not None:
            parts.append(exp.GTE(this=column, expression=self._day(within.start, first=True)))
        if within.end is not None:
            parts.append(exp.LT(this=column, expression=self._day(within.end, first=False)))
        return exp.and_(*parts)

    def _day(self, period: Period, *, first: bool) -> exp.Expr:
        return self._bind((period.start if first else period.end).isoformat())

    def _without(self, table: str) -> exp.Expr:
        """Write that no row of another table belongs to a row of the subject."""
        root = self._root()
        (step,) = join(self.vocabulary.catalog, root, [table])
        if not step.multiplies:
            raise RuleError(f"each row of {root} belongs to one of {table}")
        inner = exp.Select().select(exp.Literal.number(1)).from_(self._table(table))
        return exp.Not(this=exp.Exists(this=inner.where(self._on(step))))

    def _ordered(self, query: exp.Select, grouped: list[exp.Expr]) -> exp.Select:
        order = self.spec.order
        if order is not None:
            query = query.order_by(self._sort(order))
        elif grouped:
            query = query.order_by(*(exp.Ordered(this=one, nulls_first=False) for one in grouped))
        elif not self._figures():
            first = (self.spec.columns or [self._label()])[0]
            query = query.order_by(exp.Ordered(this=self._column(first), nulls_first=False))
        if self.spec.limit is not None:
            query = query.limit(self.spec.limit)
        multiplied = any(step.multiplies for step in self._steps)
        plain = not grouped and not self._figures()
        if plain and (multiplied or self.spec.distinct or self._repeats()):
            query = query.distinct()
        return query

    def _repeats(self) -> bool:
        """Tell whether what is listed may be the same for many rows: the cities of customers."""
        columns = self.spec.columns
        tables = {one.table for one in columns}
        names = [
            name(table) for table in tables for name in (self.vocabulary.label, self.vocabulary.key)
        ]
        return (
            bool(columns) and self.spec.order is None and not any(one in names for one in columns)
        )

    def _sort(self, order: Order) -> exp.Expr:
        by = order.by
        key = self._measure(by) if isinstance(by, Measure) else self._column(by)
        # NULL is neither the highest nor the lowest, and SQLite and PostgreSQL differ there.
        return exp.Ordered(this=key, desc=order.descending, nulls_first=False)

    def _on(self, step: Step) -> exp.Expr:
        edge = step.edge
        return exp.EQ(
            this=self._column(Element(edge.child, edge.child_column)),
            expression=self._column(Element(edge.parent, edge.parent_column)),
        )

    def _table(self, key: str) -> exp.Table:
        table = self.vocabulary.catalog.tables[key]
        return exp.table_(table.name, db=table.schema or None, quoted=_quoted(table.name))

    def _column(self, element: Element) -> exp.Column:
        name = self.vocabulary.catalog.tables[element.table].name
        column = element.column or ""
        return exp.column(
            exp.to_identifier(column, quoted=_quoted(column)),
            table=exp.to_identifier(name, quoted=_quoted(name)),
        )

    def _bind(self, value: Value) -> exp.Expr:
        name = f"p{len(self.params) + 1}"
        self.params[name] = value
        return exp.Placeholder(this=name)


def _quoted(name: str) -> bool:
    return not (name.isidentifier() and name == name.lower())
