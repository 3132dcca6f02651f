"""How statements are read and written: calls keep the name and the order they were given.

The parser's own table of functions turns calls into nodes of many kinds and writes them back
under other names. It is left empty here: a call stays a call, so that the list of allowed
functions is compared with what was said, and what runs is what was said.
"""

from collections.abc import Callable
from typing import ClassVar

from sqlglot import Dialect as SqlglotDialect
from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.sqlite import SQLite
from sqlglot.generator import Generator
from sqlglot.generators.postgres import PostgresGenerator
from sqlglot.generators.sqlite import SQLiteGenerator
from sqlglot.parsers.postgres import PostgresParser
from sqlglot.parsers.sqlite import SQLiteParser

from providers.sql_types import Dialect

_WITH_OWN_SYNTAX = frozenset({"CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM"})
"""Functions whose arguments are not a plain list."""


class GuardedPostgres(Postgres):
    """PostgreSQL, with calls as they are written and `:name` for parameters."""

    class Parser(PostgresParser):
        """Reads calls as they are written."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {
            name: read
            for name, read in PostgresParser.FUNCTION_PARSERS.items()
            if name in _WITH_OWN_SYNTAX
        }

        def _parse_term(self, parse_mod: bool = True) -> exp.Expr | None:
            # After LIMIT a % would be read as PERCENT, which neither database knows.
            return super()._parse_term()

    class Generator(PostgresGenerator):
        """Writes parameters as `:name`."""

        def placeholder_sql(self, expression: exp.Placeholder) -> str:
            """Write a parameter."""
            return f":{expression.name}"


class GuardedSqlite(SQLite):
    """SQLite, with calls and casts as they are written."""

    class Parser(SQLiteParser):
        """Reads calls as they are written."""

        FUNCTIONS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {}
        FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., exp.Expr]]] = {
            name: read
            for name, read in SQLiteParser.FUNCTION_PARSERS.items()
            if name in _WITH_OWN_SYNTAX - {"EXTRACT", "POSITION"}
        }

        def _parse_term(self, parse_mod: bool = True) -> exp.Expr | None:
            # After LIMIT a % would be read as PERCENT, which neither database knows.
            return super()._parse_term()

    class Generator(SQLiteGenerator):
        """Writes casts as they are written."""

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
            """Write a cast; another dialect's cast to a date is not made a call here."""
            return Generator.cast_sql(self, expression, safe_prefix)


DIALECTS: dict[Dialect, type[SqlglotDialect]] = {
    Dialect.POSTGRES: GuardedPostgres,
    Dialect.SQLITE: GuardedSqlite,
}
