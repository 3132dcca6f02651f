"""A PostgreSQL database as a datasource: read-only transactions on connections kept clean."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import anyio
from psycopg import AsyncConnection, AsyncRawCursor, AsyncRawServerCursor, ProgrammingError, sql
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import AsyncConnectionPool
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from providers.errors import QueryError, QueryTrouble
from providers.sql_datasource.collecting import BATCH, Collector
from providers.sql_datasource.parameters import numbered
from providers.sql_datasource.postgres_access import report
from providers.sql_datasource.postgres_catalogue import read_schema
from providers.sql_datasource.postgres_errors import translated
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

_LOOK = QueryLimits(seconds=30.0)
_GRACE_S = 2.0
"""How much longer than the server's own limit is waited for the server to say so."""
_SCHEMES = ("postgresql+psycopg://", "postgres+psycopg://", "postgresql+asyncpg://")


class PostgresConfig(BaseModel):
    """Options of the `postgres` datasource.

    `url` is `postgresql://user@host:port/database`; `password` may stand beside it. At most
    `connections` are open; connecting takes `connect_s` seconds at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: SecretStr = Field(min_length=1)
    password: SecretStr | None = None
    connections: int = Field(default=4, ge=1, le=64)
    connect_s: float = Field(default=5.0, ge=1, le=60)

    @field_validator("url")
    @classmethod
    def _is_postgres(cls, url: SecretStr) -> SecretStr:
        plain = url.get_secret_value()
        for scheme in _SCHEMES:
            plain = plain.replace(scheme, "postgresql://", 1)
        try:
            conninfo_to_dict(plain)
        except ProgrammingError:  # its message shows the password
            plain = ""
        if not plain.startswith(("postgresql://", "postgres://")):
            raise ValueError("write postgresql://USER@HOST:PORT/DATABASE")
        return SecretStr(plain)


class PostgresDatasource:
    """A PostgreSQL database.

    Each statement has a read-only transaction of its own with limits of time, is sent through
    the extended protocol (which takes one statement), read by a cursor and rolled back. Before
    a connection is used again, `DISCARD ALL` takes away whatever a statement left on it.
    """

    config_type: ClassVar = PostgresConfig
    dialect: ClassVar = Dialect.POSTGRES

    def __init__(self, config: PostgresConfig) -> None:
        self._config = config
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] | None = None
        self._opening = anyio.Lock()

    def confine(self, reads: Mapping[str, Collection[str]], *, functions: Collection[str]) -> None:
        """Nothing happens: what the login may read is PostgreSQL's to say."""

    async def introspect(self) -> SqlSchema:
        """Read tables, views, columns and keys that the login may read."""
        async with self._transaction(_LOOK) as connection:
            return await read_schema(connection)

    async def values(
        self,
        table: str,
        column: str,
        *,
        limit: int,
        where: Mapping[str, Cell] | None = None,
    ) -> list[str]:
        """Return up to `limit` distinct texts of a column, sorted."""
        schema, _, name = table.rpartition(".")
        given = dict(where or {})
        tests = [f"t.{_quoted(one)} = ${at}" for at, one in enumerate(given, 1)]
        tests.append(f"t.{_quoted(column)} IS NOT NULL")
        sql = (
            f"SELECT DISTINCT t.{_quoted(column)}::text "  # noqa: S608 - names are quoted
            f"FROM {_quoted(schema or 'public')}.{_quoted(name)} t "
            f"WHERE {' AND '.join(tests)} ORDER BY 1 LIMIT {limit:d}"
        )
        async with self._transaction(_LOOK) as connection:
            cursor = AsyncRawCursor(connection)
            await cursor.execute(sql.encode(), list(given.values()), prepare=True)
            return [str(value) for (value,) in await cursor.fetchall()]

    async def plan(
        self,
        sql: str,
        params: Mapping[str, Cell],
        *,
        limits: QueryLimits,
        settings: Mapping[str, str] | None = None,
    ) -> QueryPlan:
        """Bind a statement and ask what it would cost, without running it."""
        written, values = numbered(sql, params)
        # Row-level security is planned with, and may read its variable then.
        async with self._transaction(limits, settings) as connection:
            cursor = AsyncRawCursor(connection)
            await cursor.execute(f"EXPLAIN (FORMAT JSON) {written}".encode(), values, prepare=True)
            row = await cursor.fetchone()
        top = row[0][0]["Plan"] if row is not None else {}
        plan = QueryPlan(cost=top.get("Total Cost"), rows=top.get("Plan Rows"), text=_outline(top))
        if limits.cost is not None and plan.cost is not None and plan.cost > limits.cost:
            raise QueryError(
                f"the statement would cost about {plan.cost:.0f}, and "
                f"{limits.cost:.0f} is the most; ask for less",
                kind=QueryTrouble.COST,
            )
        return plan

    async def run(
        self,
        sql: str,
        params: Mapping[str, Cell],
        *,
        limits: QueryLimits,
        settings: Mapping[str, str] | None = None,
    ) -> QueryResult:
        """Run a statement that only reads, and stop at the limits."""
        written, values = numbered(sql, params)
        async with self._transaction(limits, settings) as connection:
            async with AsyncRawServerCursor(connection, "cicerone") as cursor:
                await cursor.execute(written.encode(), values)
                kept = Collector([one.name for one in cursor.description or ()], limits)
                while kept.add(await cursor.fetchmany(BATCH)):
                    pass
            return kept.result()

    async def access(self, reads: Mapping[str, Collection[str]]) -> AccessReport:
        """Tell what the login may do beyond reading these columns of these tables."""
        async with self._transaction(_LOOK) as connection:
            return await report(connection, reads)

    async def check(self) -> Health:
        """Tell whether the database answers."""
        try:
            async with self._transaction(_LOOK) as connection:
                await connection.execute("SELECT 1")
        except QueryError as error:
            return Health(status=Status.UNAVAILABLE, plugin="postgres", detail=str(error))
        return Health(status=Status.READY, plugin="postgres")

    async def aclose(self) -> None:
        """Close the connections."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    @asynccontextmanager
    async def _transaction(
        self, limits: QueryLimits, settings: Mapping[str, str] | None = None
    ) -> AsyncIterator[AsyncConnection[Any]]:
        """Open a read-only transaction; it is rolled back, and over in time."""
        pool = await self._opened()
        try:
            with translated(), anyio.fail_after(limits.seconds + self._config.connect_s + _GRACE_S):
                async with pool.connection() as connection:
                    await connection.execute(_begin(limits).encode())
                    for name, value in (settings or {}).items():
                        await connection.execute(_setting(name, value))
                    try:
                        yield connection
                    finally:
                        await connection.rollback()
        except TimeoutError as error:
            raise QueryError(
                "the database did not answer in time", kind=QueryTrouble.TIMEOUT
            ) from error

    async def _opened(self) -> AsyncConnectionPool[AsyncConnection[Any]]:
        async with self._opening:
            if self._pool is None:
                pool = AsyncConnectionPool(
                    self._config.url.get_secret_value(),
                    connection_class=AsyncConnection[Any],
                    kwargs=self._arguments(),
                    min_size=0,
                    max_size=self._config.connections,
                    timeout=self._config.connect_s,
                    reconnect_timeout=self._config.connect_s,
                    max_idle=60.0,
                    check=AsyncConnectionPool.check_connection,
                    reset=_clean,
                    open=False,
                )
                await pool.open()
                self._pool = pool
        return self._pool

    def _arguments(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "autocommit": True,
            "connect_timeout": int(self._config.connect_s),
            "application_name": "cicerone",
        }
        if self._config.password is not None:
            found["password"] = self._config.password.get_secret_value()
        return found


async def _clean(connection: AsyncConnection[Any]) -> None:
    """Take away whatever a statement left; a connection where that fails is thrown away."""
    await connection.execute("DISCARD ALL")


def _begin(limits: QueryLimits) -> str:
    """Begin a transaction that cannot write; limits in milliseconds."""
    most = max(1, int(limits.seconds * 1000))
    return (
        "BEGIN READ ONLY;"
        f"SET LOCAL statement_timeout = {most};"
        f"SET LOCAL lock_timeout = {min(most, 2000)};"
        f"SET LOCAL idle_in_transaction_session_timeout = {most + 10_000};"
        "SET LOCAL search_path = pg_catalog, public;"
        "SET LOCAL standard_conforming_strings = on;"
        "SET LOCAL max_parallel_workers_per_gather = 0"
    )


def _setting(name: str, value: str) -> sql.Composed:
    """Set a variable for this transaction; a login need not be allowed to call `set_config`."""
    variable = sql.Identifier(*name.split("."))
    return sql.SQL("SET LOCAL {} = {}").format(variable, sql.Literal(value))


def _outline(plan: Mapping[str, Any], depth: int = 0) -> str:
    """Write a plan as indented lines: what is done, and with which table."""
    of = plan.get("Relation Name") or plan.get("CTE Name") or ""
    line = "  " * depth + f"{plan.get('Node Type', '')} {of}".rstrip()
    return "\n".join([line, *(_outline(one, depth + 1) for one in plan.get("Plans", ()))])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
