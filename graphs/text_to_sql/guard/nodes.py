"""Which pieces a statement may be made of; what is not listed is refused.

The lists are of what is known to be harmless. A parser that learns new syntax makes new nodes
or new arguments of nodes, and those are refused until somebody has thought about them.
"""

from sqlglot import exp
from sqlglot.expressions import DType

from graphs.text_to_sql.guard.functions import check_call
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.verdict import Rule
from providers.sql_types import Dialect

_QUERIES = (exp.Select, exp.Union, exp.Intersect, exp.Except, exp.Subquery, exp.Values)
_CLAUSES = (
    exp.With, exp.CTE, exp.TableAlias, exp.From, exp.Join, exp.Lateral, exp.Table, exp.Where,
    exp.Group, exp.GroupingSets, exp.Rollup, exp.Cube, exp.Having, exp.Order, exp.Ordered,
    exp.Limit, exp.Fetch, exp.LimitOptions, exp.Offset, exp.Distinct,
)  # fmt: skip
_VALUES = (
    exp.Column, exp.Identifier, exp.Star, exp.Alias, exp.Literal, exp.Null, exp.Boolean,
    exp.Paren, exp.Tuple, exp.Placeholder, exp.Interval, exp.Var, exp.Array,
)  # fmt: skip
_OPERATORS = (
    exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Pow, exp.Neg, exp.DPipe,
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is,
    exp.NullSafeEQ, exp.NullSafeNEQ, exp.Between, exp.In, exp.Like, exp.ILike, exp.Glob,
    exp.SimilarTo, exp.RegexpLike, exp.RegexpILike, exp.Escape, exp.Exists, exp.Any, exp.All,
    exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift,
    exp.Collate, exp.AtTimeZone, exp.JSONExtract, exp.JSONExtractScalar, exp.JSONPath,
    exp.JSONPathRoot, exp.JSONPathKey, exp.JSONPathSubscript,
)  # fmt: skip
_COMPUTED = (
    exp.Anonymous, exp.Cast, exp.DataType, exp.DataTypeParam, exp.Extract, exp.Substring, exp.Trim,
    exp.StrPosition, exp.Case, exp.If, exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp,
    exp.Localtime, exp.Localtimestamp, exp.Window, exp.WindowSpec, exp.Filter, exp.WithinGroup,
)  # fmt: skip
_ALLOWED = frozenset({*_QUERIES, *_CLAUSES, *_VALUES, *_OPERATORS, *_COMPUTED})

_NOT_IN_SQLITE = frozenset({exp.RegexpLike, exp.RegexpILike, exp.SimilarTo, exp.Any, exp.All})

_ARGUMENTS: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        "with_ expressions distinct from_ joins laterals where group having windows order limit "
        "offset".split()
    ),
    exp.Union: frozenset("with_ this expression distinct order limit offset".split()),
    exp.Intersect: frozenset("with_ this expression distinct order limit offset".split()),
    exp.Except: frozenset("with_ this expression distinct order limit offset".split()),
    exp.Subquery: frozenset("with_ this alias order limit offset joins".split()),
    exp.Table: frozenset("this alias db joins".split()),
    exp.Join: frozenset("this on using side kind method".split()),
    exp.Lateral: frozenset("this alias".split()),
    exp.CTE: frozenset("this alias materialized".split()),
    exp.With: frozenset("expressions recursive".split()),
    exp.TableAlias: frozenset("this columns".split()),
    exp.Column: frozenset("this table db".split()),
    exp.Star: frozenset(),
    exp.Placeholder: frozenset("this".split()),
    exp.Limit: frozenset("expression".split()),
    exp.Fetch: frozenset("direction count limit_options".split()),
    exp.LimitOptions: frozenset("rows".split()),
    exp.Anonymous: frozenset("this expressions".split()),
}
"""Arguments that may be set; other kinds of nodes may have any, as long as these are allowed."""

_TYPES = frozenset({
    DType.BIGINT, DType.BOOLEAN, DType.CHAR, DType.DATE, DType.DATETIME, DType.DECIMAL,
    DType.DOUBLE, DType.FLOAT, DType.INT, DType.INTERVAL, DType.JSON, DType.JSONB, DType.SMALLINT,
    DType.TEXT, DType.TIME, DType.TIMESTAMP, DType.TIMESTAMPTZ, DType.TIMETZ, DType.TINYINT,
    DType.UUID, DType.VARCHAR, DType.ARRAY, DType.NCHAR, DType.NVARCHAR,
})  # fmt: skip
_COLLATIONS = frozenset({"binary", "nocase", "rtrim", "c", "posix", "default", "en-x-icu"})


def check_nodes(root: exp.Expr, dialect: Dialect, functions: frozenset[str]) -> None:
    """Make sure that a statement is made of allowed pieces only.

    `functions` are allowed besides those of the guard.

    Raises:
        RefusedError: naming the first piece that is not.
    """
    for node in root.walk():
        kind = type(node)
        if kind not in _ALLOWED or (dialect is Dialect.SQLITE and kind in _NOT_IN_SQLITE):
            raise _refused(node)
        if kind in _ARGUMENTS:
            _check_arguments(node, _ARGUMENTS[kind])
        if isinstance(node, exp.Anonymous) and not _is_source(node):
            check_call(node, dialect, functions)
        elif isinstance(node, exp.DataType):
            _check_type(node)
        elif isinstance(node, exp.Collate):
            _check_collation(node)
        elif isinstance(node, exp.Star | exp.Join):
            _check_place(node)


def _refused(node: exp.Expr) -> RefusedError:
    if isinstance(node, exp.DML | exp.DDL | exp.Command):
        return RefusedError(Rule.READ_ONLY, "only SELECT statements are run")
    if isinstance(node, exp.Func):
        return RefusedError(Rule.FUNCTION, f"{node.sql_name().lower()} is not allowed")
    if isinstance(node, exp.ObjectIdentifier | exp.PseudoType):
        return RefusedError(Rule.TYPE, f"the type {node.name[:80]} is not allowed")
    return RefusedError(Rule.SYNTAX, f"{node.key} is not allowed")


def _check_arguments(node: exp.Expr, allowed: frozenset[str]) -> None:
    for name, value in node.args.items():
        if not value or name in allowed:
            continue
        if name == "locks":
            raise RefusedError(Rule.READ_ONLY, "rows cannot be locked")
        if name == "into":
            raise RefusedError(Rule.READ_ONLY, "only SELECT statements are run")
        raise RefusedError(Rule.SYNTAX, f"{name.rstrip('_')} of {node.key} is not allowed")


def _is_source(node: exp.Anonymous) -> bool:
    return isinstance(node.parent, exp.Table)


def _check_type(node: exp.DataType) -> None:
    if node.this not in _TYPES or node.args.get("kind"):
        raise RefusedError(Rule.TYPE, f"the type {node.sql()[:80]} is not allowed")


def _check_collation(node: exp.Collate) -> None:
    if node.expression.name.lower() not in _COLLATIONS:
        raise RefusedError(Rule.SYNTAX, f"the collation {node.expression.name[:80]} is not allowed")


def _check_place(node: exp.Expr) -> None:
    """A star stands for columns in a list of columns, or for the rows that are counted."""
    if isinstance(node, exp.Join):
        _check_join(node)
        return
    inner = node.parent if isinstance(node.parent, exp.Column) else node
    above = inner.parent
    counted = isinstance(above, exp.Anonymous) and above.name.lower() == "count" and inner is node
    if not counted and not (isinstance(above, exp.Select) and inner.arg_key == "expressions"):
        raise RefusedError(Rule.SYNTAX, "a * may only stand in a list of columns")


def _check_join(join: exp.Join) -> None:
    side, kind, method = (join.text(name).upper() for name in ("side", "kind", "method"))
    known = (
        side in {"", "LEFT", "RIGHT", "FULL"}
        and kind in {"", "INNER", "OUTER", "CROSS"}
        and method in {"", "NATURAL"}
    )
    if not known:
        raise RefusedError(Rule.SYNTAX, f"the join {' '.join([method, side, kind])} is not allowed")
