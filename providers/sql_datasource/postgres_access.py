"""What a PostgreSQL login may do that it should not, and SQL that makes one that may only read."""

from collections.abc import Collection, Mapping
from typing import Any

from psycopg import AsyncConnection

from providers.sql_types import AccessReport

_ROLE = "SELECT current_user, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls "
_ROLE += "FROM pg_catalog.pg_roles WHERE rolname = current_user"
_WRITES = """
SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'f')
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
ORDER BY 1, 2
"""
_SEES = """
SELECT n.nspname, c.relname, a.attname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT')
ORDER BY 1, 2, a.attnum
"""
_CREATES = """
SELECT n.nspname FROM pg_catalog.pg_namespace n
WHERE has_schema_privilege(n.oid, 'CREATE') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1
"""
_CALLS = """
SELECT DISTINCT p.proname FROM pg_catalog.pg_proc p
WHERE (p.proname = ANY (%s) OR p.proname LIKE ANY (%s))
  AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY 1
"""
_NAMES = [
    "set_config", "pg_notify", "dblink", "dblink_exec", "nextval", "setval", "ts_stat",
    "pg_reload_conf", "pg_rotate_logfile", "pg_cancel_backend", "pg_terminate_backend",
    "cursor_to_xml", "currtid2",
]  # fmt: skip
_LIKE = [
    "lo\\_%", "loread", "lowrite", "pg\\_advisory%", "pg\\_try\\_advisory%", "%\\_to\\_xml%",
    "pg\\_sleep%", "pg\\_read\\_%", "pg\\_ls\\_%", "pg\\_stat\\_file", "pg\\_logical\\_%",
]  # fmt: skip
_SHOWN = 8
_FLAGS = (
    "is a superuser: nothing is forbidden to it",
    "may make roles",
    "may make databases",
    "may replicate",
    "is not bound by row-level security",
)


async def report(
    connection: AsyncConnection[Any], reads: Mapping[str, Collection[str]]
) -> AccessReport:
    """Tell what the login may do beyond reading these columns."""
    role, *flags = (await _rows(connection, _ROLE))[0]
    findings = [f"the login {said}" for flag, said in zip(flags, _FLAGS, strict=True) if flag]
    writes = [_key(schema, table) for schema, table in await _rows(connection, _WRITES)]
    seen = [
        f"{key}.{column}"
        for schema, table, column in await _rows(connection, _SEES)
        if column not in reads.get(key := _key(schema, table), ())
    ]
    creates = [name for (name,) in await _rows(connection, _CREATES)]
    calls = [name for (name,) in await _rows(connection, _CALLS, (_NAMES, _LIKE))]
    for what, found in (
        ("may change", writes),
        ("may read what the policy hides:", seen),
        ("may make tables in the schemas", creates),
        ("may call", calls),
    ):
        if found:
            findings.append(f"the login {what} {_some(found)}")
    advice = _advice(reads, calls) if findings else ""
    return AccessReport(role=role, findings=tuple(findings), advice=advice)


async def _rows(
    connection: AsyncConnection[Any], sql: str, params: tuple[Any, ...] | None = None
) -> list[Any]:
    return await (await connection.execute(sql.encode(), params)).fetchall()


def _key(schema: str, table: str) -> str:
    return table if schema == "public" else f"{schema}.{table}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _advice(reads: Mapping[str, Collection[str]], calls: list[str]) -> str:
    """Write the SQL that makes a login which may read these columns and nothing else."""
    places = {key: key.partition(".") if "." in key else ("public", ".", key) for key in reads}
    lines = [
        "-- Run this as an administrator, in the database itself; choose a password of your own.",
        "CREATE ROLE cicerone_reader LOGIN PASSWORD 'choose-one' CONNECTION LIMIT 8;",
        "ALTER ROLE cicerone_reader SET default_transaction_read_only = on;",
        "ALTER ROLE cicerone_reader SET statement_timeout = '30s';",
        "ALTER ROLE cicerone_reader SET temp_file_limit = '1GB';",
        "DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC', "
        "current_database()); END $$;",
    ]
    for schema in sorted({place[0] for place in places.values()}):
        lines.append(f"REVOKE CREATE ON SCHEMA {_quoted(schema)} FROM PUBLIC;")
        lines.append(f"GRANT USAGE ON SCHEMA {_quoted(schema)} TO cicerone_reader;")
    for key, columns in reads.items():
        schema, _, table = places[key]
        listed = ", ".join(map(_quoted, columns))
        lines.append(
            f"GRANT SELECT ({listed}) ON {_quoted(schema)}.{_quoted(table)} TO cicerone_reader;"
        )
    if calls:
        lines += [
            "-- These may be called by everyone; other programs of yours may need some of them.",
            "DO $$ DECLARE f regprocedure; BEGIN",
            "  FOR f IN SELECT p.oid FROM pg_catalog.pg_proc p",
            f"    WHERE p.proname IN ({', '.join(map(_literal, calls))}) LOOP",
            "    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);",
            "  END LOOP;",
            "END $$;",
        ]
    return "\n".join(lines) + "\n"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
