"""How many tables a query multiplies with each other because nothing connects them."""

from collections.abc import Iterable, Iterator

from sqlglot import exp

from graphs.text_to_sql.guard.functions import SERIES
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.scopes import Found, Scope
from graphs.text_to_sql.guard.verdict import Rule

MAX_UNCONNECTED = 2
Edge = tuple[int, int]
_COMPARES = (
    exp.EQ, exp.NullSafeEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Between, exp.In, exp.Like,
    exp.ILike, exp.Glob, exp.Exists,
)  # fmt: skip


def check_connected(node: exp.Select, scope: Scope, found: dict[int, Found]) -> int:
    """Make sure that a query multiplies few tables, and return how many.

    Sources are connected by a condition that compares a column of one with one of the other;
    each group of connected sources counts as its heaviest. A source of one row counts nothing,
    and so does a query that gives one row because it only aggregates.

    Raises:
        RefusedError: more than two are not connected.
    """
    edges = set(_edges(node, scope, found))
    groups = _groups(len(scope.sources), edges)
    weight = sum(max(scope.sources[at].shape.weight for at in group) for group in groups)
    weight += any(call.name == SERIES for one in node.expressions for call in _calls(one))
    if weight > MAX_UNCONNECTED:
        raise RefusedError(
            Rule.UNCONNECTED,
            f"more than {MAX_UNCONNECTED} tables are multiplied and no condition connects them",
        )
    return 0 if _one_row(node) else weight


def _edges(node: exp.Select, scope: Scope, found: dict[int, Found]) -> Iterator[Edge]:
    for at, source in enumerate(scope.sources):
        yield from ((other, at) for other in source.joined_to)
    for condition in _conditions(node):
        yield from _connected(condition, scope, found)


def _conditions(node: exp.Select) -> Iterator[exp.Expr]:
    where = node.args.get("where")
    if where is not None:
        yield where.this
    for join in _joins(node):
        if join.args.get("on") is not None:
            yield join.args["on"]


def _joins(node: exp.Expr) -> Iterator[exp.Join]:
    """Yield the joins of a FROM, those in brackets too."""
    waiting = list(node.args.get("joins") or ())
    from_ = node.args.get("from_")
    inner = [from_.this] if from_ is not None else []
    while waiting or inner:
        if waiting:
            join = waiting.pop()
            yield join
            inner.append(join.this)
            continue
        part = inner.pop()
        waiting.extend(part.args.get("joins") or ())
        if isinstance(part, exp.Subquery) and isinstance(part.this, exp.Table | exp.Subquery):
            inner.append(part.this)


def _connected(condition: exp.Expr, scope: Scope, found: dict[int, Found]) -> set[Edge]:
    """Return which sources a condition connects: each part of an AND, all parts of an OR."""
    if isinstance(condition, exp.Paren):
        return _connected(condition.this, scope, found)
    parts = [condition.this, condition.expression] if isinstance(condition, exp.Connector) else []
    if isinstance(condition, exp.And):
        return set().union(*(_connected(part, scope, found) for part in parts))
    if isinstance(condition, exp.Or):
        first, second = (_connected(part, scope, found) for part in parts)
        return first & second
    if not isinstance(condition, _COMPARES):
        return set()
    return set(_pairs(condition, scope, found))


def _pairs(condition: exp.Expr, scope: Scope, found: dict[int, Found]) -> Iterator[Edge]:
    columns = (found.get(id(one)) for one in condition.find_all(exp.Column))
    touched = sorted({one.at for one in columns if one is not None and one.scope is scope})
    yield from ((first, second) for first in touched for second in touched if first < second)


def _groups(count: int, edges: Iterable[Edge]) -> list[list[int]]:
    """Return the connected sources together."""
    leader = list(range(count))

    def lead(at: int) -> int:
        while leader[at] != at:
            at = leader[at]
        return at

    for first, second in edges:
        leader[lead(second)] = lead(first)
    together: dict[int, list[int]] = {}
    for at in range(count):
        together.setdefault(lead(at), []).append(at)
    return list(together.values())


_AGGREGATES = frozenset({
    "count", "sum", "total", "avg", "string_agg", "group_concat", "array_agg", "bool_and",
    "bool_or", "every", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp",
    "corr", "percentile_cont", "percentile_disc", "mode",
})  # fmt: skip
_EITHER = frozenset({"min", "max"})
"""Aggregates with one argument, and plain functions with more in SQLite."""


def _one_row(node: exp.Select) -> bool:
    calls = [call for one in node.expressions for call in _calls(one)]
    if node.args.get("group") is not None or any(call.name == SERIES for call in calls):
        return False
    return node.args.get("from_") is None or any(map(_aggregates, calls))


def _aggregates(call: exp.Anonymous) -> bool:
    name = call.name.lower()
    return name in _AGGREGATES or (name in _EITHER and len(call.expressions) == 1)


def _calls(node: exp.Expr) -> Iterator[exp.Anonymous]:
    """Yield the calls of a piece of a result, without those of windows and inner queries."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.Anonymous):
            yield one
        if not isinstance(one, exp.Query | exp.Window):
            waiting.extend(one.iter_expressions())
