"""Judges one statement."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlglot import exp

from graphs.text_to_sql.catalog import Catalog
from graphs.text_to_sql.guard.dialects import DIALECTS
from graphs.text_to_sql.guard.functions import bound_series
from graphs.text_to_sql.guard.naming import Names
from graphs.text_to_sql.guard.nodes import check_nodes
from graphs.text_to_sql.guard.reading import read
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.resolving import Resolver
from graphs.text_to_sql.guard.tenancy import tenant_value
from graphs.text_to_sql.guard.verdict import Rule, Verdict
from graphs.text_to_sql.guard.writing import TENANT, limit
from providers.sql_types import Cell, QueryLimits

NO_PARAMS: Mapping[str, Cell] = MappingProxyType({})


def judge(
    sql: str,
    catalog: Catalog,
    *,
    tenant: str | int | None,
    limits: QueryLimits,
    params: Mapping[str, Cell] = NO_PARAMS,
) -> Verdict:
    """Tell whether a statement may run, and write the one that is to run in its place.

    `tenant` is what tenant columns are compared with; a table that has one is refused without
    it. `params` are the values of the statement's own `:name` placeholders.
    """
    try:
        return _judged(sql, catalog, tenant, limits, params)
    except RefusedError as refusal:
        return Verdict(allowed=False, rule=refusal.rule, message=refusal.message)
    except RecursionError:
        return Verdict(
            allowed=False, rule=Rule.TOO_DEEP, message="the statement is nested too deeply"
        )


def _judged(
    sql: str,
    catalog: Catalog,
    tenant: str | int | None,
    limits: QueryLimits,
    params: Mapping[str, Cell],
) -> Verdict:
    root = read(sql, catalog.dialect)
    check_nodes(root, catalog.dialect, catalog.functions)
    used = _parameters(root, params)
    names = Names(catalog)
    resolver = Resolver(catalog=catalog, tenant=tenant, names=names)
    resolver.query(root, None, {})
    if not resolver.tables:
        raise RefusedError(Rule.NO_TABLE, "the statement reads no table that may be read")
    values = tenant_value(tenant, [catalog.tables[key] for key in resolver.tables])
    bound = {**used, **({TENANT: values} if values is not None else {})}
    resolver.finish()
    bound_series(root)
    whole = limit(root, limits.rows, bound)
    names.quote(whole)
    return Verdict(
        allowed=True,
        rule=Rule.ALLOWED,
        sql=whole.sql(dialect=DIALECTS[catalog.dialect], comments=False, copy=False),
        params=bound,
        tables=tuple(resolver.tables),
        columns=tuple(resolver.columns),
    )


def _parameters(root: exp.Expr, params: Mapping[str, Cell]) -> dict[str, Cell]:
    """Return the parameters that a statement uses; it must name each, and the guard's none."""
    used: dict[str, Cell] = {}
    for node in root.find_all(exp.Placeholder):
        if node.name == TENANT or node.name not in params:
            raise RefusedError(Rule.PARAMETER, f"the parameter {node.name[:80]!r} has no value")
        used[node.name] = params[node.name]
    return used
