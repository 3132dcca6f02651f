"""How statements are read and written: calls keep the name and the order they were given.

The parser's own table of functions turns calls into nodes of many kinds and writes them back
under other names. It is left empty here: a call stays a call, so that the list of allowed
functions is compared with what was said, and what runs is what was said.
"""

from typing import ClassVar

from sqlglot import Dialect as SqlglotDialect
from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.sqlite import SQLite
from sqlglot.generator import Generator

from providers.sql_types import Dialect

_WITH_OWN_SYNTAX = frozenset({"CAST", "EXTRACT", "POSITION", "SUBSTRING", "TRIM"})
"""Functions whose arguments are not a plain list."""


class GuardedPostgres(Postgres):
    """PostgreSQL, with calls as they are written and `:name` for parameters."""

    class Parser(Postgres.Parser):
        """Reads calls as they are written."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            name: read
            for name, read in Postgres.Parser.FUNCTION_PARSERS.items()
            if name in _WITH_OWN_SYNTAX
        }

        def _parse_term(self, parse_mod: bool = True) -> exp.Expr | None:
            # After LIMIT a % would be read as PERCENT, which neither database knows.
            return super()._parse_term()

    class Generator(Postgres.Generator):
        """Writes parameters as `:name`."""

        def placeholder_sql(self, expression: exp.Placeholder) -> str:
            """Write a parameter."""
            return f":{expression.name}"


class GuardedSqlite(SQLite):
    """SQLite, with calls and casts as they are written."""

    class Parser(SQLite.Parser):
        """Reads calls as they are written."""

        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {
            name: read
            for name, read in SQLite.Parser.FUNCTION_PARSERS.items()
            if name in _WITH_OWN_SYNTAX - {"EXTRACT", "POSITION"}
        }

        def _parse_term(self, parse_mod: bool = True) -> exp.Expr | None:
            # After LIMIT a % would be read as PERCENT, which neither database knows.
            return super()._parse_term()

    class Generator(SQLite.Generator):
        """Writes casts as they are written."""

        def cast_sql(self, expression: exp.Cast, safe_prefix: str | None = None) -> str:
            """Write a cast; another dialect's cast to a date is not made a call here."""
            return Generator.cast_sql(self, expression, safe_prefix)


DIALECTS: dict[Dialect, type[SqlglotDialect]] = {
    Dialect.POSTGRES: GuardedPostgres,
    Dialect.SQLITE: GuardedSqlite,
}
