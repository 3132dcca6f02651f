"""Reads of a SQLite file with one change of thread for each statement.

The asynchronous driver changes threads four times for a statement and again for each end of
a transaction, which takes longer than a read. So readers have connections of a synchronous
driver: a statement begins the transaction where needed, runs, and fetches all its rows in one
visit to a thread. To end a read touches no disk, so that is done where it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from anyio import to_thread
from sqlalchemy import Engine, Executable, Result
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from data.errors import DatabaseBusyError
from providers.visits import in_thread, visiting

READERS = 15
"""Reading transactions that may be open at once; each has a connection of its own."""
WAIT_SECONDS = 30.0
"""How long a reader waits for one of them to end."""


class ReadSession(AsyncSession):
    """An `AsyncSession` over a synchronous engine, for reading only.

    `execute` is what it reads with; its rows need no connection any more.
    """

    def __init__(self, engine: Engine, session_class: type[Session], info: dict[str, Any]) -> None:
        super().__init__(sync_session_class=session_class, expire_on_commit=False, info=info)
        self.sync_session.bind = engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """End the transaction and give the connection back; neither touches the disk.

        Raises:
            DatabaseReadOnlyError: A row was changed.
        """
        try:
            yield
            self.sync_session.commit()
        finally:
            self.sync_session.close()

    async def execute(
        self, statement: Executable, params: Any = None, **options: Any
    ) -> Result[*tuple[Any, ...]]:
        """Run a statement and fetch all its rows, in another thread."""
        return await in_thread(partial(self._fetch, statement, params, **options))

    def _fetch(
        self, statement: Executable, params: Any, **options: Any
    ) -> Result[*tuple[Any, ...]]:
        return self.sync_session.execute(statement, params, **options).freeze()()


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
