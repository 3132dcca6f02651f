"""Writers of a SQLite file: whose turn it is, and whole transactions in one visit to a thread.

SQLite has one writer at a time. A transaction that goes back to the event loop between its
statements holds that place for as long as the loop is busy with others: under load that is ten
times as long as its statements take. So a transaction that only talks to the database runs as a
whole in a thread, and the next one begins there, without the loop between them.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Engine, Executable, Result
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from data.engine import BUSY_SECONDS
from data.errors import DatabaseBusyError
from providers.visits import run_visit

R = TypeVar("R")
Grant = Callable[[], object]
"""Begins what waited for its turn; called in any thread, and must not block."""


class WriteSession(AsyncSession):
    """An `AsyncSession` over a synchronous engine, to be used during a visit only."""

    def __init__(self, engine: Engine, session_class: type[Session], info: dict[str, Any]) -> None:
        super().__init__(sync_session_class=session_class, expire_on_commit=False, info=info)
        self.sync_session.bind = engine

    async def execute(
        self, statement: Executable, params: Any = None, **options: Any
    ) -> Result[*tuple[Any, ...]]:
        """Run a statement right here."""
        return self.sync_session.execute(statement, params, **options)

    async def flush(self, objects: Any = None) -> None:
        """Write what was added and changed right here."""
        self.sync_session.flush(objects)

    async def get(self, entity: type[R], ident: Any, **options: Any) -> R | None:  # type: ignore[override] # fewer ways to call it
        """Return the row with an id, None if there is none."""
        return self.sync_session.get(entity, ident, **options)

    async def delete(self, instance: object) -> None:
        """Mark a row to be deleted by the next flush."""
        self.sync_session.delete(instance)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Commit at the end, roll back on an error, and give the connection back."""
        with self.sync_session, self.sync_session.begin():
            yield


class Turns:
    """The queue of all writers of this process; SQLite itself lets them poll, unfairly."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._taken = False
        self._waiting: deque[Grant] = deque()

    def take(self, grant: Grant) -> None:
        """Call `grant` when it is its turn, possibly at once; then it must be given `back`."""
        with self._mutex:
            if self._taken:
                self._waiting.append(grant)
                return
            self._taken = True
        grant()

    def withdraw(self, grant: Grant) -> bool:
        """Leave the queue; False when the turn has come already."""
        with self._mutex, suppress(ValueError):
            self._waiting.remove(grant)
            return True
        return False

    def back(self) -> None:
        """Let the next one begin."""
        with self._mutex:
            grant = self._waiting.popleft() if self._waiting else None
            self._taken = grant is not None
        if grant is not None:
            grant()


class Writers:
    """Gives each writing transaction of a SQLite file its turn."""

    def __init__(self, engine: Engine) -> None:
        """Take the engine of the transactions that run in a thread."""
        self.engine = engine
        self._turns = Turns()
        self._thread: ThreadPoolExecutor | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn of a transaction that goes back to the event loop.

        Raises:
            DatabaseBusyError: It did not come within `BUSY_SECONDS`.
        """
        loop = asyncio.get_running_loop()
        come: asyncio.Future[None] = loop.create_future()
        grant = partial(self._summon, loop, come)
        self._turns.take(grant)
        try:
            async with asyncio.timeout(BUSY_SECONDS):
                await come
        except BaseException as error:
            come.cancel()
            if not self._turns.withdraw(grant) and not come.cancelled():
                self._turns.back()
            if isinstance(error, TimeoutError):
                raise _too_long() from error
            raise
        try:
            yield
        finally:
            self._turns.back()

    def _summon(self, loop: asyncio.AbstractEventLoop, come: "asyncio.Future[None]") -> None:
        try:
            loop.call_soon_threadsafe(self._come, come)
        except RuntimeError:  # the loop has ended, and whoever waited with it
            self._turns.back()

    def _come(self, come: "asyncio.Future[None]") -> None:
        if come.done():  # whoever waited has gone
            self._turns.back()
        else:
            come.set_result(None)

    async def visit(self, work: Callable[[], Coroutine[Any, Any, R]]) -> R:
        """Run a whole transaction in the writers' thread when it is its turn.

        It waits for nothing but the database (see `providers.visits`). Once begun it ends,
        whether or not somebody still waits for it.

        Raises:
            DatabaseBusyError: Its turn did not come within `BUSY_SECONDS`.
        """
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[R] = loop.create_future()
        context = copy_context()

        def run() -> None:
            try:
                result = context.run(run_visit, work)
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                tell = partial(_fail, outcome, error)
            else:
                tell = partial(_succeed, outcome, result)
            finally:
                self._turns.back()
            with suppress(RuntimeError):  # the loop has ended; nobody waits
                loop.call_soon_threadsafe(tell)

        grant = partial(self._open().submit, run)
        self._turns.take(grant)
        late = loop.call_later(BUSY_SECONDS, self._give_up, grant, outcome)
        try:
            return await outcome
        finally:
            late.cancel()
            self._turns.withdraw(grant)

    def _give_up(self, grant: Grant, outcome: "asyncio.Future[R]") -> None:
        if self._turns.withdraw(grant):
            _fail(outcome, _too_long())

    async def aclose(self) -> None:
        """Wait for the transaction that runs, and close the connection."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        await asyncio.to_thread(self.engine.dispose)

    def _open(self) -> ThreadPoolExecutor:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        return self._thread


def _succeed(outcome: "asyncio.Future[R]", result: R) -> None:
    if not outcome.done():
        outcome.set_result(result)


def _fail(outcome: "asyncio.Future[R]", error: BaseException) -> None:
    if not outcome.done():
        outcome.set_exception(error)


def _too_long() -> DatabaseBusyError:
    return DatabaseBusyError(
        f"Another transaction of this process has been open for {BUSY_SECONDS:.0f} s; "
        "try again. (A transaction inside another one never gets its turn.)"
    )
