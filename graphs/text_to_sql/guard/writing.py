"""What is changed in a statement before it runs: tables are narrowed, the result is limited."""

from sqlglot import exp

from graphs.text_to_sql.catalog import CatalogColumn, CatalogTable
from graphs.text_to_sql.guard.naming import Names
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.scopes import Found, Scope, Source
from graphs.text_to_sql.guard.verdict import Rule
from providers.sql_types import Cell, Dialect

TENANT = "cicerone_tenant"
"""Name of the parameter that tenant columns are compared with."""
MASK = "***"
_INNER = "cicerone_t"


def narrowed(node: exp.Table, table: CatalogTable, alias: str, dialect: Dialect) -> exp.Select:
    """Put a query of the table's exposed columns and the tenant's rows in the table's place."""
    query = exp.Select(expressions=[_shown(column) for column in table.columns.values()])
    query.set("from_", exp.From(this=_stored(table, dialect)))
    if table.tenant_column is not None:
        tenant = exp.EQ(this=_inner(table.tenant_column), expression=exp.Placeholder(this=TENANT))
        query.set("where", exp.Where(this=tenant))
    given = node.args.get("alias")
    columns = given.args.get("columns") if given is not None else None
    name = exp.TableAlias(this=_name(alias), columns=columns)
    wrapped = exp.Subquery(this=query, alias=name, joins=node.args.get("joins"))
    node.replace(wrapped)
    return query


def prune(source: Source, names: Names) -> None:
    """Leave out of a table's query what the statement does not use."""
    if source.narrow is None or source.whole:
        return
    shown = source.narrow.expressions
    kept = [one for one in shown if names.fold(one.alias_or_name) in source.used]
    source.narrow.set("expressions", kept or shown[:1])


def _stored(table: CatalogTable, dialect: Dialect) -> exp.Table:
    schema = table.schema or ("main" if dialect is Dialect.SQLITE else "public")
    alias = exp.TableAlias(this=_name(_INNER))
    return exp.Table(this=_name(table.name), db=_name(schema), alias=alias)


def _shown(column: CatalogColumn) -> exp.Expr:
    stored = _inner(column.name)
    if not column.masked:
        return stored
    masked = exp.Case(
        ifs=[exp.If(this=exp.Is(this=stored, expression=exp.Null()), true=exp.Null())]
    )
    masked.set("default", exp.Literal.string(MASK))
    return exp.Alias(this=masked, alias=_name(column.name))


def _inner(column: str) -> exp.Column:
    return exp.Column(this=_name(column), table=_name(_INNER))


def _name(text: str) -> exp.Identifier:
    return exp.Identifier(this=text, quoted=True)


def group_by_key(node: exp.Select, scope: Scope, found: dict[int, Found]) -> None:
    """Group by all columns of a table that are used, where rows are grouped by its primary key.

    PostgreSQL lets a query that groups by a table's key use its other columns; that it is the
    key cannot be seen once a query stands in the table's place. The groups stay the same.
    """
    group = node.args.get("group")
    if group is None or any(group.args.get(kind) for kind in ("grouping_sets", "rollup", "cube")):
        return
    grouped = {_place(one, node, found) for one in group.expressions}
    for at, source in enumerate(scope.sources):
        keys = (
            [one.name for one in source.table.columns.values() if one.primary_key]
            if (source.table)
            else []
        )
        if not keys or not {(id(scope), at, key) for key in keys} <= grouped:
            continue
        used = {one.name for one in found.values() if one.scope is scope and one.at == at}
        for name in sorted(used):
            if (id(scope), at, name) not in grouped:
                group.append("expressions", exp.Column(this=_name(name), table=_name(source.name)))


def _place(
    grouped: exp.Expr, node: exp.Select, found: dict[int, Found]
) -> tuple[int, int, str] | None:
    """Return which column a piece of GROUP BY means: itself, by its number or by its new name."""
    at = found.get(id(grouped))
    if at is not None:
        return id(at.scope), at.at, at.name
    meant: exp.Expr | None = None
    if isinstance(grouped, exp.Literal) and grouped.name.isdecimal():
        position = int(grouped.name) - 1
        meant = node.expressions[position] if position < len(node.expressions) else None
    elif isinstance(grouped, exp.Column):
        named = [one for one in node.expressions if one.alias_or_name == grouped.name]
        meant = named[0] if named else None
    at = found.get(id(meant.unalias())) if meant is not None else None
    return (id(at.scope), at.at, at.name) if at is not None else None


def limit(root: exp.Query, rows: int, params: dict[str, Cell]) -> exp.Query:
    """Let a statement give `rows` rows at most, and one more that tells there would be more.

    Raises:
        RefusedError: its own limit is no plain number.
    """
    most = rows + 1
    given = root.args.get("limit")
    wanted = most if given is None else _wanted(given, params)
    if isinstance(root, exp.Subquery):
        root = exp.Select(expressions=[exp.Star()]).from_(
            exp.Subquery(this=root, alias=exp.TableAlias(this=_name("cicerone_r")))
        )
    smaller = most if wanted is None else min(most, wanted)
    root.set("limit", exp.Limit(expression=exp.Literal.number(smaller)))
    return root


def _wanted(given: exp.Expr, params: dict[str, Cell]) -> int | None:
    if isinstance(given, exp.Fetch):
        options = given.args.get("limit_options")
        plain = options is None or not (
            options.args.get("with_ties") or options.args.get("percent")
        )
        count = given.args.get("count") if plain else exp.Star()
        count = exp.Literal.number(1) if count is None else count
    else:
        count = given.args.get("expression")
    if isinstance(count, exp.Null | exp.Var) and count.name.upper() in {"", "ALL", "NULL"}:
        return None
    value: Cell = params.get(count.name) if isinstance(count, exp.Placeholder) else None
    if isinstance(count, exp.Literal) and not count.is_string and count.name.isdecimal():
        value = int(count.name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise RefusedError(Rule.LIMIT, "LIMIT takes a whole number that is not negative")
    return value
