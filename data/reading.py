"""Reads of a SQLite file with one change of thread for each statement.

The asynchronous driver changes threads four times for a statement and again for each end of
a transaction, which takes longer than a read. So readers have connections of a synchronous
driver: a statement begins the transaction where needed, runs, and fetches all its rows in one
visit to a thread. To end a read touches no disk, so that is done where it is asked for.

What each search asks is a SELECT of tables that was prepared once (`rows`); everything else
goes through the object mapper (`execute`). Both see the same transaction.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from anyio import to_thread
from sqlalchemy import Connection, Dialect, Engine, Executable, Result, Select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from data.errors import DatabaseBusyError
from data.prepared import Prepared
from providers.visits import in_thread, visiting

READERS = 15
"""Reading transactions that may be open at once; each has a connection of its own."""
WAIT_SECONDS = 30.0
"""How long a reader waits for one of them to end."""


Query = Select[*tuple[Any, ...]]
"""A SELECT of the columns of tables, not of models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Binds what is read to one tenant.

    `prepare` adds the tenant's conditions to a SELECT; `values` are those of the parameters
    that it adds.
    """

    prepare: Callable[[Query, Dialect], Prepared]
    values: Mapping[str, str]


class ReadSession(AsyncSession):
    """An `AsyncSession` over a synchronous engine, for reading only.

    `execute` and `rows` are what it reads with; neither's rows need a connection any more.
    """

    def __init__(
        self, engine: Engine, session_class: type[Session], info: dict[str, Any], scope: Scope
    ) -> None:
        super().__init__(sync_session_class=session_class, expire_on_commit=False, info=info)
        self.sync_session.bind = engine
        self._engine = engine
        self._scope = scope
        self._connection: Connection | None = None
        self._mapped = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """End the transaction and give the connection back; neither touches the disk.

        Raises:
            DatabaseReadOnlyError: A row was changed.
        """
        try:
            yield
            if self._mapped or self.sync_session.new:
                self.sync_session.commit()
        finally:
            if self._mapped:
                self.sync_session.close()
            if self._connection is not None:
                self._connection.close()

    async def execute(
        self, statement: Executable, params: Any = None, **options: Any
    ) -> Result[*tuple[Any, ...]]:
        """Run a statement and fetch all its rows, in another thread."""
        return await in_thread(partial(self._fetch, statement, params, **options))

    async def rows(self, query: Query, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        """Run a SELECT of tables in another thread; build it once, at the top of a module."""
        return await in_thread(self._rows, query, values)

    def _fetch(
        self, statement: Executable, params: Any, **options: Any
    ) -> Result[*tuple[Any, ...]]:
        self._begun()
        self._mapped = True
        return self.sync_session.execute(statement, params, **options).freeze()()

    def _rows(self, query: Query, values: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        prepared = self._scope.prepare(query, self._engine.dialect)
        driver = self._begun().connection.driver_connection
        return prepared.fetch(driver, {**values, **self._scope.values})

    def _begun(self) -> Connection:
        """Return the connection of this transaction, begun at its first statement."""
        if self._connection is None:
            self._connection = self._engine.connect()
            self._connection.begin()
            self.sync_session.bind = self._connection
        return self._connection


class Readers:
    """Gives each reading transaction its turn, so that none waits in a thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._free = asyncio.Semaphore(READERS)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until a connection is free; during a visit to a thread, the pool does that.

        Raises:
            DatabaseBusyError: Too many reading transactions stay open.
        """
        if visiting():
            yield
            return
        if self._free.locked():
            await self._wait()
        else:
            await self._free.acquire()
        try:
            yield
        finally:
            self._free.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseBusyError("All database connections are in use. Try again.") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await to_thread.run_sync(self.engine.dispose)
