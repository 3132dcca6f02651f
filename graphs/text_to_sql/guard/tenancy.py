"""The tenant's value, in the type of the columns that it is compared with."""

import re
from collections.abc import Iterable

from graphs.text_to_sql.catalog import CatalogTable
from graphs.text_to_sql.guard.refusal import RefusedError
from graphs.text_to_sql.guard.verdict import Rule

_MAX = 2**63
_NUMBER = re.compile(r"(tiny|small|medium|big)?(int|serial)(?!erval)|num|dec|real|double")


def tenant_value(tenant: str | int | None, tables: Iterable[CatalogTable]) -> str | int | None:
    """Return the value to bind, or None when no table has a tenant column.

    Raises:
        RefusedError: the columns have different types, or the tenant is not of theirs.
    """
    kinds = {_is_number(table.tenant_type) for table in tables if table.tenant_column is not None}
    if not kinds or tenant is None:
        return None
    if len(kinds) > 1:
        raise RefusedError(
            Rule.TENANT, "the tenant columns of these tables are numbers and texts; read one kind"
        )
    return _number(tenant) if kinds.pop() else str(tenant)


def _is_number(type_name: str) -> bool:
    return _NUMBER.match(type_name.strip().lower()) is not None


def _number(tenant: str | int) -> int:
    try:
        value = int(tenant)
    except ValueError:
        value = _MAX
    if abs(value) >= _MAX:
        raise RefusedError(Rule.TENANT, "the tenant columns are numbers, and the tenant is none")
    return value
