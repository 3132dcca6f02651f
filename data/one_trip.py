"""A driver for SQLite that goes to the connection's thread once for each statement.

SQLAlchemy's own goes there to make a cursor, to execute, to fetch and to close. Each time costs
two changes of thread, which take longer than most statements do.
"""

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)

Work = Callable[[sqlite3.Cursor], object]


class OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """Holds what a statement returned; there is no cursor of the driver's left behind it."""

    __slots__ = ("_description", "_lastrowid", "_rowcount")

    arraysize = 1

    def __init__(self, adapt_connection: "OneTripConnection") -> None:
        self._adapt_connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: Any = None

    @property
    def description(self) -> Any:
        """The columns of the rows, None for a statement without rows."""
        return self._description

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        """The row that an INSERT made."""
        return self._lastrowid

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """Keep the rows; the driver's cursor is closed already."""

    async def _execute_async(self, operation: Any, parameters: Any | None) -> None:
        values = () if parameters is None else parameters
        await self._take(lambda cursor: cursor.execute(operation, values))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> None:
        await self._take(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _take(self, work: Work) -> None:
        connection: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            found = await connection._execute(_run, connection._conn, work)
        self._description, self._rowcount, self._lastrowid, rows = found
        self._rows = deque(rows)


def _run(connection: sqlite3.Connection, work: Work) -> tuple[Any, int, Any, list[Any]]:
    cursor = connection.cursor()
    try:
        work(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return cursor.description, cursor.rowcount, cursor.lastrowid, rows
    finally:
        cursor.close()


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    """A connection whose cursors make one trip."""

    __slots__ = ()

    _cursor_cls = OneTripCursor  # type: ignore[assignment] # declared as its parent's very own


class OneTripDriver(AsyncAdapt_aiosqlite_dbapi):
    """The driver as `create_async_engine(module=…)` takes it."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> OneTripConnection:
        """Open a connection in a thread of its own."""
        opened = super().connect(*arg, **kw)
        return OneTripConnection(self, opened._connection)
