"""Loads dumps of PostgreSQL databases into a server, each into a database of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cli.dump_statements import Statement, statements_of
from cli.problems import UsageProblemError

_PREFIX = "cicerone_eval_"


def load_dumps(url: str, folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Load `FOLDER/NAME.sql` for each name; returns the URL of each database.

    A database of the same name is dropped before. A dump is plain text, as `pg_dump` writes it.

    Raises:
        UsageProblemError: the server cannot be used, or a dump cannot be loaded.
    """
    import psycopg

    server = urlsplit(url)
    if server.scheme not in {"postgresql", "postgres"} or not (server.hostname or server.query):
        raise UsageProblemError("--url: write postgresql://USER@HOST:PORT/DATABASE")
    found = {}
    try:
        with psycopg.connect(url, autocommit=True) as admin:
            for name in names:
                database = psycopg.sql.Identifier(f"{_PREFIX}{name}")
                admin.execute(psycopg.sql.SQL("DROP DATABASE IF EXISTS {}").format(database))
                admin.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(database))
                found[name] = server._replace(path=f"/{_PREFIX}{name}").geturl()
    except psycopg.Error as error:
        raise UsageProblemError(f"--url: {_said(error)}") from error
    for name in names:
        _load(found[name], folder / f"{name}.sql")
    return found


def _load(url: str, dump: Path) -> None:
    """Run a dump's statements; what is no table and no row may fail: owners, extensions."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as database:
        for statement in statements_of(dump.read_text(encoding="utf-8")):
            try:
                _run(database, statement)
            except psycopg.Error as error:
                if statement.is_content:
                    begin = " ".join(statement.sql.split()[:4])
                    raise UsageProblemError(f"{dump}: {begin} …: {_said(error)}") from error


def _run(database: Any, statement: Statement) -> None:
    if statement.rows is None:
        database.execute(statement.sql)
        return
    with database.cursor() as cursor, cursor.copy(statement.sql) as copy:
        copy.write(statement.rows)


def _said(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
