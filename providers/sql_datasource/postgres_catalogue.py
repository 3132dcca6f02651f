"""Reads what a PostgreSQL database holds, as far as the login may read it."""

from collections.abc import Sequence
from typing import Any

from psycopg import AsyncConnection

from providers.sql_types import Dialect, SqlColumn, SqlSchema, SqlTable

_COLUMNS = """
SELECT n.nspname, c.relname, c.relkind IN ('v', 'm'), a.attname,
       format_type(a.atttypid, NULL), NOT a.attnotnull,
       coalesce(a.attnum = ANY (p.indkey::int2[]), false),
       coalesce(col_description(c.oid, a.attnum), ''),
       coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_catalog.pg_index p ON p.indrelid = c.oid AND p.indisprimary
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE')
  AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY n.nspname, c.relname, a.attnum
"""
_KEYS = """
SELECT n.nspname, c.relname, a.attname, fn.nspname, fc.relname, fa.attname
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_class fc ON fc.oid = k.confrelid
JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS pair(own, far)
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = pair.own
JOIN pg_catalog.pg_attribute fa ON fa.attrelid = fc.oid AND fa.attnum = pair.far
WHERE k.contype = 'f'
"""


async def read_schema(connection: AsyncConnection[Any]) -> SqlSchema:
    """Return tables and views with the columns that the login may read."""
    columns = await (await connection.execute(_COLUMNS)).fetchall()
    keys = await (await connection.execute(_KEYS)).fetchall()
    references = {
        (schema, table, column): (_key(far_schema, far_table), far)
        for schema, table, column, far_schema, far_table, far in keys
    }
    grouped: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for row in columns:
        grouped.setdefault((row[0], row[1]), []).append(row)
    tables = tuple(_table(place, rows, references) for place, rows in grouped.items())
    return SqlSchema(dialect=Dialect.POSTGRES, tables=tables)


def _table(
    place: tuple[str, str],
    rows: list[Sequence[Any]],
    references: dict[tuple[str, str, str], tuple[str, str]],
) -> SqlTable:
    columns = tuple(
        SqlColumn(
            name=name,
            type=type_,
            nullable=nullable,
            primary_key=primary,
            references=references.get((*place, name)),
            comment=comment,
        )
        for _, _, _, name, type_, nullable, primary, comment, _ in rows
    )
    schema, name = place
    return SqlTable(
        name=name, schema=schema, columns=columns, comment=rows[0][8], is_view=rows[0][2]
    )


def _key(schema: str, table: str) -> str:
    return SqlTable(name=table, schema=schema).key
