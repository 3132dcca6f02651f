"""A query that goes on from its own rows must come to an end."""

from collections.abc import Iterator

from sqlglot import exp

from graphs.text_to_sql.guard.joins import check_connected
from graphs.text_to_sql.guard.naming import Names
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.scopes import Found, NamedQuery
from graphs.text_to_sql.guard.verdict import Rule

MAX_STEPS = 10_000
_UP, _DOWN = (exp.LT, exp.LTE), (exp.GT, exp.GTE)
_MIRROR: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE,
}  # fmt: skip
_GLUES = frozenset({"concat", "concat_ws", "replace", "printf", "format", "array_agg"})


def check_recursion(
    body: exp.SetOperation, named: NamedQuery, found: dict[int, Found], names: Names
) -> None:
    """Make sure that a recursive query ends: it counts to a bound, or it walks along a table.

    It counts when a column grows by a constant in each step and a condition of the step keeps it
    below a bound (or shrinks above one). It walks when a step finds rows of a table by one of
    their columns and goes on with another column of theirs. What goes in circles is ended by the
    limit of time.

    Raises:
        RefusedError: neither can be seen.
    """
    step = body.expression
    if not isinstance(body, exp.Union) or not isinstance(step, exp.Select):
        raise _refused("it must be a SELECT, UNION, and a SELECT that goes on")
    own = [one for one in _scope_sources(step, found) if one.source.named is named]
    if len(named.uses) != 1 or len(_direct(step, named)) != 1:
        raise _refused("it must name itself once, in its own FROM")
    for one in step.expressions:
        if _doubles(one, named, found):
            raise _refused("a text must not be glued to itself")
    if not own or not (_counts(step, named, found, names) or _walks(step, named, found, names)):
        raise _refused("nothing bounds it: compare a counter with a number, or walk along a table")


def _refused(why: str) -> RefusedError:
    return RefusedError(Rule.RECURSION, f"a recursive query: {why}")


def _scope_sources(step: exp.Select, found: dict[int, Found]) -> Iterator[Found]:
    for column in step.find_all(exp.Column):
        if id(column) in found:
            yield found[id(column)]


def _direct(step: exp.Select, named: NamedQuery) -> list[exp.Table]:
    """Return the tables of the step's own FROM that are the query itself."""
    return [one for one in named.uses if one.find_ancestor(exp.Query) is step]


def _own(node: exp.Expr, named: NamedQuery, found: dict[int, Found]) -> str | None:
    """Return which of the query's own columns this is."""
    while isinstance(node, exp.Paren):
        node = node.this
    at = found.get(id(node))
    return at.name if at is not None and at.source.named is named else None


def _doubles(node: exp.Expr, named: NamedQuery, found: dict[int, Found]) -> bool:
    glued = node.find(exp.DPipe) is not None or any(
        call.name.lower() in _GLUES for call in node.find_all(exp.Anonymous)
    )
    mine = [one for one in node.find_all(exp.Column) if _own(one, named, found)]
    return glued and len(mine) > 1


def _conjuncts(step: exp.Select) -> Iterator[exp.Expr]:
    where = step.args.get("where")
    waiting = [where.this] if where is not None else []
    waiting += [join.args["on"] for join in step.args.get("joins") or () if join.args.get("on")]
    while waiting:
        one = waiting.pop()
        if isinstance(one, exp.And):
            waiting += [one.this, one.expression]
        elif isinstance(one, exp.Paren):
            waiting.append(one.this)
        else:
            yield one


def _next(step: exp.Select, name: str, named: NamedQuery) -> exp.Expr | None:
    """Return what the step puts in the place of one of the query's columns."""
    at = named.shape.columns.index(name)
    plain = not any(one.is_star for one in step.expressions)
    return step.expressions[at].unalias() if plain and at < len(step.expressions) else None


def _counts(step: exp.Select, named: NamedQuery, found: dict[int, Found], names: Names) -> bool:
    for one in _conjuncts(step):
        for kind, mine, bound in _sides(one):
            name = _own(mine, named, found)
            if name is None or not _bounds(bound, named, found):
                continue
            after = _next(step, name, named)
            sign = 1 if issubclass(kind, _UP) else -1
            if after is not None and _moves(after, name, sign, named, found):
                return _alone(step, found)
    return False


def _sides(one: exp.Expr) -> Iterator[tuple[type[exp.Expr], exp.Expr, exp.Expr]]:
    if isinstance(one, exp.Between):
        yield exp.LTE, one.this, one.args["high"]
    elif isinstance(one, (*_UP, *_DOWN)):
        yield type(one), one.this, one.expression
        yield _MIRROR[type(one)], one.expression, one.this


def _bounds(bound: exp.Expr, named: NamedQuery, found: dict[int, Found]) -> bool:
    """A bound does not move: it knows no column of the query itself; a number is not large."""
    if any(_own(one, named, found) for one in bound.find_all(exp.Column)):
        return False
    numbers = [one for one in bound.find_all(exp.Literal) if not one.is_string]
    return all(abs(float(one.name)) <= MAX_STEPS for one in numbers)


def _moves(
    after: exp.Expr, name: str, sign: int, named: NamedQuery, found: dict[int, Found]
) -> bool:
    """Tell whether a column moves by a constant towards its bound."""
    while isinstance(after, exp.Paren | exp.Cast):
        after = after.this
    if isinstance(after, exp.Anonymous) and after.name.lower() in {"date", "datetime"}:
        first, *rest = [*after.expressions, None]
        return _own(first, named, found) == name and _modifier(rest[0], sign)
    if not isinstance(after, exp.Add if sign > 0 else exp.Sub):
        return False
    steps = [(after.this, after.expression)]
    if sign > 0:
        steps.append((after.expression, after.this))
    return any(_own(mine, named, found) == name and _constant(by) for mine, by in steps)


def _constant(by: exp.Expr) -> bool:
    if isinstance(by, exp.Cast):
        by = by.this
    if isinstance(by, exp.Interval):
        by = by.this
    number = by.name.split(" ")[0] if isinstance(by, exp.Literal) else ""
    return number.isdecimal() and int(number) > 0


def _modifier(by: exp.Expr | None, sign: int) -> bool:
    """Tell whether SQLite's `'+1 day'` moves a date in that direction."""
    text = by.name if isinstance(by, exp.Literal) and by.is_string else ""
    number = text.removeprefix("+" if sign > 0 else "-").split(" ")[0]
    direct = text.startswith("-") == (sign < 0)
    return direct and number.isdecimal() and int(number) > 0


def _alone(step: exp.Select, found: dict[int, Found]) -> bool:
    """What counts must not multiply its rows in each step."""
    scopes = [one.scope for one in _scope_sources(step, found)]
    mine = [one for one in scopes if any(two.named for two in one.sources)]
    return bool(mine) and check_connected(step, mine[0], found) <= 1


def _walks(step: exp.Select, named: NamedQuery, found: dict[int, Found], names: Names) -> bool:
    for one in _conjuncts(step):
        if not isinstance(one, exp.EQ):
            continue
        for mine, other in ((one.this, one.expression), (one.expression, one.this)):
            name, there = _own(mine, named, found), found.get(id(other))
            if name is None or there is None or there.source.named is named:
                continue
            table = there.source.table
            if table is not None and there.name == table.tenant_column:
                continue  # all rows have the same
            after = found.get(id(_next(step, name, named)))
            if after is not None and after.source is there.source and after.name != there.name:
                return True
    return False
