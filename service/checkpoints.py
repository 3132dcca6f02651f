"""Where the graphs of jobs keep their checkpoints: beside the database that knows the jobs.

With SQLite they have a file of their own, so that their many small writes do not wait for
the others' transactions; with PostgreSQL they are tables in the same database.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from sqlalchemy import make_url

from data.errors import driver_errors, translate
from graphs.ingest.state import CHECKPOINTED
from service.errors import SettingsError

if TYPE_CHECKING:
    from psycopg import AsyncConnection

FILE: Final = "checkpoints.db"
POOL: Final = 4
"""Connections to PostgreSQL; a checkpoint holds one for about a millisecond."""
_SETUP_LOCK: Final = 6_013_947_215
"""Of PostgreSQL's advisory locks; one process at a time makes the tables."""
_THREADS: Final = "SELECT DISTINCT thread_id FROM checkpoints"


class Checkpoints:
    """Opens the checkpoints when they are first needed; most commands never do."""

    def __init__(self, home: Path, database_url: str) -> None:
        self._home = home
        self._url = make_url(database_url)
        self._stack = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._saver: BaseCheckpointSaver[Any] | None = None

    async def saver(self) -> BaseCheckpointSaver[Any]:
        """Return the one saver of this process.

        Raises:
            DatabaseError: the file or server cannot be opened.
            SettingsError: the package for PostgreSQL is not installed.
        """
        async with self._opening:
            if self._saver is None:
                try:
                    postgres = self._url.get_backend_name() == "postgresql"
                    self._saver = await (self._postgres() if postgres else self._sqlite())
                except OSError as error:
                    raise translate(error) from error
                except driver_errors() as error:
                    raise translate(error) from error
            return self._saver

    async def threads(self) -> list[str]:
        """Return the names of all threads that have checkpoints."""
        saver: Any = await self.saver()
        try:
            if self._url.get_backend_name() == "postgresql":
                async with saver.conn.connection() as connection:
                    rows = await (await connection.execute(_THREADS)).fetchall()
                    return [row["thread_id"] for row in rows]
            await saver.setup()
            async with saver.lock, saver.conn.execute(_THREADS) as cursor:
                return [row[0] for row in await cursor.fetchall()]
        except driver_errors() as error:
            raise translate(error) from error

    async def forget(self, threads: Sequence[str]) -> None:
        """Remove the checkpoints of these threads."""
        saver = await self.saver()
        try:
            for thread_id in threads:
                await saver.adelete_thread(thread_id)
        except driver_errors() as error:
            raise translate(error) from error

    async def aclose(self) -> None:
        """Close the file or the connections."""
        self._saver = None
        await self._stack.aclose()

    async def _sqlite(self) -> BaseCheckpointSaver[Any]:
        import aiosqlite  # noqa: PLC0415 - for jobs only
        from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver  # noqa: PLC0415

        await anyio.Path(self._home).mkdir(parents=True, exist_ok=True)
        connection = await aiosqlite.connect(self._home / FILE)
        self._stack.push_async_callback(connection.close)
        # As for the database itself: a process that dies loses nothing, a machine the last moment.
        await connection.execute("PRAGMA journal_mode=WAL")
        await connection.execute("PRAGMA synchronous=NORMAL")
        saver = AsyncSqliteSaver(connection, serde=_serializer())
        await saver.setup()
        return saver

    async def _postgres(self) -> BaseCheckpointSaver[Any]:
        try:
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415
        except ImportError as error:
            raise SettingsError(
                "database.url: jobs on PostgreSQL need another package: "
                "pip install 'cicerone[postgres]'"
            ) from error
        from psycopg.rows import dict_row  # noqa: PLC0415
        from psycopg_pool import AsyncConnectionPool  # noqa: PLC0415

        url = self._url.set(drivername="postgresql").render_as_string(hide_password=False)
        pool: AsyncConnectionPool[Any] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=POOL,
            open=False,
            kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
        )
        await pool.open(wait=True, timeout=10)
        self._stack.push_async_callback(pool.close)
        saver = AsyncPostgresSaver(pool, serde=_serializer())
        async with pool.connection() as connection:
            await _take_setup_lock(connection)
            try:
                await saver.setup()
            finally:
                await connection.execute("SELECT pg_advisory_unlock(%s)", (_SETUP_LOCK,))
        return saver


def _serializer() -> JsonPlusSerializer:
    """Read no other types than those that our graphs write."""
    return JsonPlusSerializer(allowed_msgpack_modules=CHECKPOINTED)


async def _take_setup_lock(connection: "AsyncConnection[Any]") -> None:
    # Not by waiting in the server: an index is built beside running statements there, and
    # would wait for the one that waits for the lock.
    while True:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (_SETUP_LOCK,))
        row = await cursor.fetchone()
        if row is not None and row["pg_try_advisory_lock"]:
            return
        await asyncio.sleep(0.1)
