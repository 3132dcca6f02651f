"""Judges one statement."""

from collections.abc import Mapping
from types import MappingProxyType

from graphs.text_to_sql.catalog import Catalog
from graphs.text_to_sql.guard.verdict import Rule, Verdict
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
    return Verdict(allowed=False, rule=Rule.PARSE, message="the guard is not ready")
