"""Reads what a SQLite database holds."""

import sqlite3

from providers.sql_types import Dialect, SqlColumn, SqlSchema, SqlTable

_TABLES = (
    "SELECT name, type FROM sqlite_master "
    "WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
)
_COLUMNS = 'SELECT name, type, "notnull", pk FROM pragma_table_info(?)'
_KEYS = 'SELECT "from", "table", "to" FROM pragma_foreign_key_list(?)'


def read_schema(connection: sqlite3.Connection) -> SqlSchema:
    """Return tables and views by name; a view that no longer fits has no columns."""
    found = connection.execute(_TABLES).fetchall()
    keys = {str(name): _primary(connection, str(name)) for name, _ in found}
    tables = [_table(connection, str(name), str(kind), keys) for name, kind in found]
    return SqlSchema(dialect=Dialect.SQLITE, tables=tuple(tables))


def _primary(connection: sqlite3.Connection, table: str) -> list[str]:
    columns = _columns(connection, table)
    return [str(name) for name, _, _, key in columns if key]


def _columns(connection: sqlite3.Connection, table: str) -> list[tuple[str, str, int, int]]:
    try:
        return connection.execute(_COLUMNS, (table,)).fetchall()
    except sqlite3.OperationalError:
        return []


def _table(
    connection: sqlite3.Connection, name: str, kind: str, keys: dict[str, list[str]]
) -> SqlTable:
    references: dict[str, tuple[str, str]] = {}
    for column, table, to in connection.execute(_KEYS, (name,)):
        target = to or next(iter(keys.get(str(table), [])), None)
        if target is not None:
            references[str(column)] = (str(table), str(target))
    columns = [
        SqlColumn(
            name=column,
            type=declared.lower(),
            nullable=not required,
            primary_key=bool(key),
            references=references.get(column),
        )
        for column, declared, required, key in _columns(connection, name)
    ]
    return SqlTable(name=name, columns=tuple(columns), is_view=kind == "view")
