"""A SQLite file as a datasource: opened to be read, and each statement confined."""

import math
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar
from urllib.parse import quote

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from providers.errors import QueryError, QueryTrouble
from providers.sql_datasource.collecting import BATCH, Collector
from providers.sql_datasource.sqlite_access import NOTHING, Confines, confines
from providers.sql_datasource.sqlite_catalogue import read_schema
from providers.sql_types import (
    AccessReport,
    Cell,
    Dialect,
    QueryLimits,
    QueryPlan,
    QueryResult,
    SqlSchema,
)
from providers.types import Health, Status

T = TypeVar("T")
_MAX_VALUE_BYTES = 10_000_000
_STEPS = 2_000
"""Instructions of SQLite's machine between two looks at the clock and the count; about 0.1 ms."""
_LOOK = QueryLimits(seconds=30.0)
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: _MAX_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1_000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_PRAGMAS = ("query_only = ON", "trusted_schema = OFF", "cell_size_check = ON")


class SqliteConfig(BaseModel):
    """Options of the `sqlite` datasource: `url` is `sqlite:///` and a path, or the path alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: SecretStr = Field(min_length=1)

    @field_validator("url")
    @classmethod
    def _is_a_file(cls, url: SecretStr) -> SecretStr:
        scheme, found, rest = url.get_secret_value().partition("://")
        if found and (scheme not in {"sqlite", "sqlite+aiosqlite"} or not rest.strip("/")):
            raise ValueError("write sqlite:///PATH, with a file and not :memory:")
        return url

    @property
    def path(self) -> Path:
        """The file: `sqlite:///relative` or `sqlite:////absolute`."""
        _, found, rest = self.url.get_secret_value().partition("://")
        return Path(rest.removeprefix("/") if found else self.url.get_secret_value())


class SqliteDatasource:
    """A SQLite file; each statement has a connection of its own, so none leaves a trace."""

    config_type: ClassVar = SqliteConfig
    dialect: ClassVar = Dialect.SQLITE

    def __init__(self, config: SqliteConfig) -> None:
        self._path = config.path
        self._wanted: tuple[Mapping[str, Collection[str]], Collection[str]] | None = None

    def confine(self, reads: Mapping[str, Collection[str]], *, functions: Collection[str]) -> None:
        """Let statements read these columns of these tables from now on; before, they read none."""
        self._wanted = (dict(reads), tuple(functions))

    async def introspect(self) -> SqlSchema:
        """Read tables, views, columns and keys."""
        return await self._threaded(_LOOK, read_schema)

    async def values(
        self,
        table: str,
        column: str,
        *,
        limit: int,
        where: Mapping[str, Cell] | None = None,
    ) -> list[str]:
        """Return up to `limit` distinct texts of a column, sorted."""
        given = dict(where or {})
        tests = [f"{_quoted(name)} = ?" for name in given]
        tests.append(f"typeof({_quoted(table)}.{_quoted(column)}) = 'text'")
        sql = (
            f"SELECT DISTINCT {_quoted(table)}.{_quoted(column)} FROM main.{_quoted(table)} "  # noqa: S608 - names are quoted
            f"WHERE {' AND '.join(tests)} ORDER BY 1 LIMIT ?"
        )

        def work(connection: sqlite3.Connection) -> list[str]:
            found = connection.execute(sql, (*map(_bound, given.values()), limit))
            return [str(value) for (value,) in found]

        return await self._threaded(_LOOK, work)

    async def plan(
        self,
        sql: str,
        params: Mapping[str, Cell],
        *,
        limits: QueryLimits,
        settings: Mapping[str, str] | None = None,
    ) -> QueryPlan:
        """Bind a statement; SQLite says how it would go about it, and not what that costs."""

        def work(connection: sqlite3.Connection) -> QueryPlan:
            self._confine(connection)
            rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", _all(params)).fetchall()
            return QueryPlan(text="\n".join(str(row[-1]) for row in rows))

        return await self._threaded(limits, work)

    async def run(
        self,
        sql: str,
        params: Mapping[str, Cell],
        *,
        limits: QueryLimits,
        settings: Mapping[str, str] | None = None,
    ) -> QueryResult:
        """Run a statement that only reads, and stop at the limits."""

        def work(connection: sqlite3.Connection) -> QueryResult:
            self._confine(connection)
            cursor = connection.execute(sql, _all(params))
            if cursor.description is None:
                raise QueryError("the statement asks for no rows", kind=QueryTrouble.REFUSED)
            kept = Collector([str(one[0]) for one in cursor.description], limits)
            while kept.add(cursor.fetchmany(BATCH)):
                pass
            return kept.result()

        return await self._threaded(limits, work)

    async def access(self, reads: Mapping[str, Collection[str]]) -> AccessReport:
        """SQLite has no logins: the file is opened to be read, and each statement is confined."""
        return AccessReport(role="")

    async def check(self) -> Health:
        """Tell whether the file can be read."""
        try:
            await self._threaded(_LOOK, lambda one: one.execute("PRAGMA schema_version").fetchone())
        except QueryError as error:
            return Health(status=Status.UNAVAILABLE, plugin="sqlite", detail=str(error))
        return Health(status=Status.READY, plugin="sqlite")

    async def aclose(self) -> None:
        """Nothing is held."""

    def _confine(self, connection: sqlite3.Connection) -> None:
        wanted = self._wanted
        found: Confines = confines(connection, *wanted) if wanted is not None else NOTHING
        connection.set_authorizer(found.decide)

    async def _threaded(self, limits: QueryLimits, work: Callable[[sqlite3.Connection], T]) -> T:
        """Work in a thread; when the caller gives up, the statement ends too."""
        ends = _Ends(limits)

        def job() -> T:
            with _translated(ends), closing(_opened(self._path, limits.seconds)) as connection:
                connection.set_progress_handler(ends.reached, _STEPS)
                return work(connection)

        try:
            return await to_thread.run_sync(job, abandon_on_cancel=True)
        finally:
            ends.now()


class _Ends:
    """When a statement has to be over: by the clock, or by what it has done.

    SQLite cannot say before what a statement costs. What it has done is the same on every
    machine, however busy that is.
    """

    def __init__(self, limits: QueryLimits) -> None:
        self._at = time.monotonic() + limits.seconds
        self._most = limits.steps
        self._steps = 0

    @property
    def overworked(self) -> str | None:
        """Say that the statement did too much, if that is so."""
        if self._most is None or self._steps <= self._most:
            return None
        return (
            f"the statement took more than {self._most:,} steps, the most that limits.steps of "
            "the policy allows; ask for less, or join the tables by their keys"
        )

    def reached(self) -> bool:
        self._steps += _STEPS
        return self.overworked is not None or time.monotonic() > self._at

    def now(self) -> None:
        self._at = -math.inf


def _opened(path: Path, seconds: float) -> sqlite3.Connection:
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    connection = sqlite3.connect(
        uri, uri=True, timeout=min(seconds, 5.0), isolation_level=None, check_same_thread=False
    )
    for category, most in _LIMITS.items():
        connection.setlimit(category, most)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


_BIND = (
    "no such", "ambiguous", "syntax error", "wrong number of arguments", "misuse of",
    "do not have the same number", "circular reference", "values for", "incomplete input",
    "near ", "datatype mismatch", "should come",
)  # fmt: skip
_REFUSED = ("not authorized", "authorization denied", "prohibited", "readonly")
_GONE = ("unable to open", "locked", "busy", "malformed", "not a database", "disk", "full")


@contextmanager
def _translated(ends: _Ends) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        message = str(error)
        if message == "interrupted" and ends.overworked is not None:
            raise QueryError(ends.overworked, kind=QueryTrouble.COST) from error
        raise QueryError(_said(message), kind=_kind(error, message)) from error
    except OverflowError as error:
        raise QueryError("a number is too large", kind=QueryTrouble.BIND) from error


def _kind(error: sqlite3.Error, message: str) -> QueryTrouble:
    if message == "interrupted":
        return QueryTrouble.TIMEOUT
    if any(part in message for part in _REFUSED):
        return QueryTrouble.REFUSED
    if any(part in message for part in _GONE):
        return QueryTrouble.UNAVAILABLE
    if isinstance(error, sqlite3.ProgrammingError) or any(part in message for part in _BIND):
        return QueryTrouble.BIND
    return QueryTrouble.FAILED


def _said(message: str) -> str:
    if message == "interrupted":
        return "the statement took longer than it may"
    if message.startswith("unable to open"):
        return "the database file cannot be opened; is the path right?"
    return message


def _all(params: Mapping[str, Cell]) -> dict[str, str | int | float | bytes | None]:
    return {name: _bound(value) for name, value in params.items()}


def _bound(value: Cell) -> str | int | float | bytes | None:
    """Return a value as SQLite stores it; dates and decimals are texts there."""
    if value is None or isinstance(value, str | int | float | bytes):
        return value
    return str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
