"""A small database of three tenants, and the same database with the rows of one of them."""

from collections.abc import Iterator

from graphs.text_to_sql.policy import Policy, TablePolicy
from providers.sql_types import Dialect

TENANT = 7
_TENANTS = (7, 8, 9)
_ROWS = 6
"""Rows a tenant and table: few, so that joins of any kind stay small."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "teams": ("id", "tenant", "name", "region"),
    "tickets": ("id", "tenant", "team_id", "state", "cost"),
    "notes": ("id", "tenant", "ticket_id", "body"),
    "kinds": ("id", "label"),
}
"""What the policy shows; `tickets` has a column `secret` besides, which it denies."""
NUMBERS = frozenset({"id", "tenant", "team_id", "cost", "ticket_id"})
_TYPES = {name: "INTEGER" for name in NUMBERS}
_WORDS = ("red", "blue", "red", "green", "blue", "grey")


def policy(dialect: Dialect) -> Policy:
    """Return the policy: three tables of tenants, one that is shared, one hidden."""
    owned = TablePolicy(tenant_column="tenant")
    return Policy(
        dialect=dialect,
        tables={
            "teams": owned,
            "tickets": TablePolicy(tenant_column="tenant", deny_columns=("secret",)),
            "notes": owned,
            "kinds": None,
        },
    )


def full() -> Iterator[str]:
    """Yield the statements that make the whole database."""
    for table, columns in COLUMNS.items():
        more = ("secret",) if table == "tickets" else ()
        yield _create(table, (*columns, *more))
        yield from _rows(table, (*columns, *more), _TENANTS)
    yield "CREATE TABLE hidden (id INTEGER, tenant INTEGER, name TEXT)"
    yield "INSERT INTO hidden VALUES (1, 7, 'red'), (2, 8, 'blue')"


def only() -> Iterator[str]:
    """Yield the statements that make the database of one tenant, without what is denied."""
    for table, columns in COLUMNS.items():
        yield _create(table, columns)
        yield from _rows(table, columns, (TENANT,))


def _create(table: str, columns: tuple[str, ...]) -> str:
    return f"CREATE TABLE {table} ({', '.join(f'{one} {_type(one)}' for one in columns)})"


def _type(column: str) -> str:
    return _TYPES.get(column, "TEXT") + (" PRIMARY KEY" if column == "id" else "")


def _rows(table: str, columns: tuple[str, ...], tenants: tuple[int, ...]) -> Iterator[str]:
    shared = "tenant" not in columns
    for place, tenant in enumerate(_TENANTS):
        if tenant not in tenants and not (shared and place == 0):
            continue
        if shared and place > 0:
            return
        for row in range(1, _ROWS + 1):
            values = ", ".join(_value(column, place, tenant, row) for column in columns)
            yield f"INSERT INTO {table} VALUES ({values})"  # noqa: S608 - its own rows


def _value(column: str, place: int, tenant: int, row: int) -> str:
    """Return a value; keys of other tenants are theirs, and some point across."""
    own = row + place * _ROWS
    if column == "tenant":
        return str(tenant)
    if column in {"team_id", "ticket_id"}:
        return "NULL" if row == _ROWS else str((own * 5) % (_ROWS * len(_TENANTS)) + 1)
    if column == "cost":
        return "NULL" if row == 2 else str((row * 7) % 5 + place)  # noqa: PLR2004 - any row
    if column in {"state", "name", "region", "body", "label"}:
        return f"'{_WORDS[(row + len(column)) % len(_WORDS)]}'"
    return str(own) if column == "id" else f"'secret of {tenant}'"
