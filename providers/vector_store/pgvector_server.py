"""Connections to a PostgreSQL server with pgvector, and what it may answer instead."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import LiteralString

import psycopg
from pgvector.psycopg import register_vector_async
from psycopg import AsyncConnection, errors, sql
from psycopg_pool import AsyncConnectionPool

from providers.errors import ProviderError, StorageFullError, TransientProviderError
from providers.vector_store.pgvector_config import PgvectorConfig

OLDEST = (0, 8)
"""The first pgvector that goes on scanning when a filter leaves too little."""
REGISTRY = "indexes"
_MAKING = 0x63696365
"""Advisory lock of those who make schemas and tables; PostgreSQL's IF NOT EXISTS can race."""
_MISSING = (errors.UndefinedTable, errors.InvalidSchemaName)
_PASSING = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    errors.QueryCanceled,
    errors.TooManyConnections,
    errors.InsufficientResources,
)
"""What may go better when it is tried again."""


class PgvectorServer:
    """Hands out connections; the first call makes the extension and the schema if need be."""

    def __init__(self, config: PgvectorConfig) -> None:
        self._config = config
        self._pool: AsyncConnectionPool | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection of the pool, one that is alive; each statement commits.

        Raises:
            TransientProviderError: The server cannot be reached or is busy.
            ProviderError: It refused a statement.
        """
        with translated():
            pool = await self._opened()
            connection = await _alive(pool)
            try:
                async with connection:
                    yield connection
            finally:
                await pool.putconn(connection)

    @asynccontextmanager
    async def making(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that makes or drops tables; there is one at a time."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            yield connection

    @asynccontextmanager
    async def building(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for work that may take minutes."""
        with translated():
            await self._opened()
            async with await self._connect() as connection:
                memory = f"{self._config.build_memory_mib}MB"
                await connection.execute(
                    "SELECT set_config('maintenance_work_mem', %s, false)", (memory,)
                )
                yield connection

    async def aclose(self) -> None:
        """Close the connections; the next call opens them again."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.close()

    async def _opened(self) -> AsyncConnectionPool:
        async with self._opening:
            if self._pool is None:
                await self._prepare()
                config = self._config
                pool = AsyncConnectionPool(
                    config.url.get_secret_value(),
                    kwargs={"autocommit": True, "connect_timeout": config.connect_timeout_s},
                    min_size=config.pool_min,
                    max_size=config.pool_max,
                    timeout=config.pool_timeout_s,
                    # A longer one would still be waiting when the server is back.
                    reconnect_timeout=config.pool_timeout_s,
                    configure=self._configure,
                    open=False,
                )
                await pool.open()
                self._pool = pool
            return self._pool

    async def _connect(self) -> AsyncConnection:
        return await AsyncConnection.connect(
            self._config.url.get_secret_value(),
            autocommit=True,
            connect_timeout=self._config.connect_timeout_s,
        )

    async def _configure(self, connection: AsyncConnection) -> None:
        """Set a new connection up for short statements over vectors."""
        await register_vector_async(connection)
        config = self._config
        settings = {
            "statement_timeout": f"{config.statement_timeout_s * 1000:.0f}ms",
            "hnsw.ef_search": str(config.ef_search),
            "hnsw.iterative_scan": "relaxed_order",
            "hnsw.max_scan_tuples": str(config.max_scan_tuples),
            # A plan for any value would not know how rare the terms of this query are.
            "plan_cache_mode": "force_custom_plan",
            # Indexes are in memory or on fast disks; reading the whole table is the slow way.
            "random_page_cost": "1.1",
            "jit": "off",
        }
        await connection.execute(
            "SELECT set_config(name, value, false) "
            "FROM unnest(%s::text[], %s::text[]) AS setting (name, value)",
            (list(settings), list(settings.values())),
        )

    async def _prepare(self) -> None:
        async with await self._connect() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
            await self._need_extension(connection)
            schema = self._config.schema_name
            registry = sql.Identifier(schema, REGISTRY)
            table = registry.as_string(connection)
            if await _found(connection, "SELECT to_regclass(%s)", table):
                if not await _found(connection, _HAS_IDF, table):
                    await connection.execute(_ADD_IDF.format(registry))
                return
            try:
                if not await _found(connection, "SELECT to_regnamespace(%s)", schema):
                    await connection.execute(
                        sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema))
                    )
                await connection.execute(_REGISTRY.format(registry))
            except errors.InsufficientPrivilege as error:
                raise ProviderError(
                    f"the user may not make the schema {schema!r} for vectors; an administrator "
                    f"can: CREATE SCHEMA {schema} AUTHORIZATION <the user>"
                ) from error

    async def _need_extension(self, connection: AsyncConnection) -> None:
        found = await extension_version(connection)
        if found is None:
            try:
                await connection.execute("CREATE EXTENSION vector")
            except (
                errors.InsufficientPrivilege,
                errors.FeatureNotSupported,
                errors.UndefinedFile,
            ) as error:
                raise ProviderError(
                    f"the database {connection.info.dbname!r} lacks the extension pgvector "
                    f"({error.diag.message_primary}): install it on the server, and let an "
                    "administrator run in this database: CREATE EXTENSION vector"
                ) from error
            found = await extension_version(connection)
        if found is None or tuple(map(int, found.split(".")[:2])) < OLDEST:
            raise ProviderError(
                f"pgvector {found} is too old, {'.'.join(map(str, OLDEST))} or newer is needed: "
                "update it on the server, then run: ALTER EXTENSION vector UPDATE"
            )


_REGISTRY = sql.SQL(
    "CREATE TABLE {} (name text PRIMARY KEY, dimensions integer, sparse boolean NOT NULL, "
    "idf boolean NOT NULL DEFAULT true, created_at timestamptz NOT NULL DEFAULT now())"
)
_HAS_IDF = (
    "SELECT 1 FROM pg_attribute WHERE attrelid = %s::regclass AND attname = 'idf' "
    "AND NOT attisdropped"
)
_ADD_IDF = sql.SQL("ALTER TABLE {} ADD COLUMN idf boolean NOT NULL DEFAULT true")
"""For a registry that was made before there were encoders other than BM25."""


async def extension_version(connection: AsyncConnection) -> str | None:
    """Return the version of pgvector in the database, or None when it has none."""
    cursor = await connection.execute("SELECT extversion FROM pg_extension WHERE extname='vector'")
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


async def _found(connection: AsyncConnection, question: LiteralString, name: str) -> bool:
    row = await (await connection.execute(question, (name,))).fetchone()
    return row is not None and row[0] is not None


async def _alive(pool: AsyncConnectionPool) -> AsyncConnection:
    """Return a connection that answers.

    When one has died, most likely all have: the pool's own check would try them one by one,
    with a longer wait after each.
    """
    connection = await pool.getconn()
    try:
        await pool.check_connection(connection)
    except psycopg.OperationalError:
        await pool.putconn(connection)
        await pool.check()
        return await pool.getconn()
    except BaseException:
        await pool.putconn(connection)
        raise
    return connection


class MissingTableError(ProviderError):
    """The tables of an index are not there."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into the service's."""
    try:
        yield
    except psycopg.Error as error:
        raise _clear(error) from error


def _clear(error: psycopg.Error) -> ProviderError:
    message = str(error).strip().partition("\n")[0]
    if isinstance(error, errors.DiskFull):
        return StorageFullError("the disk of the PostgreSQL server is full: free some space")
    if isinstance(error, _MISSING):
        return MissingTableError(f"the vector index is gone: {message}")
    if isinstance(error, _PASSING):
        return TransientProviderError(f"PostgreSQL is busy: {message}")
    state = error.sqlstate
    if isinstance(error, psycopg.OperationalError) and (
        state is None or state.startswith(("08", "57P"))
    ):
        return TransientProviderError(f"PostgreSQL cannot be reached: {message}")
    return ProviderError(f"PostgreSQL refused a statement: {message}")
