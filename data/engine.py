"""How a connection to either database is opened."""

import json
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from data.errors import DatabaseUrlError, translate
from data.one_trip import OneTripDriver
from data.options import DatabaseOptions

BUSY_SECONDS = 5.0
"""How long a writer waits for another one before the database counts as busy."""
SQLITE = "sqlite+aiosqlite"
POSTGRES = "postgresql+psycopg"

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers do not wait for the writer
    "PRAGMA synchronous=NORMAL",  # in WAL a crash of the machine may lose the last commits, no more
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={int(BUSY_SECONDS * 1000)}",
)

_DECODER = json.JSONDecoder()
dump_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def load_json(text: str) -> Any:
    """Read what `dump_json` wrote; twice as fast as `json.loads`, which looks for more."""
    return _DECODER.raw_decode(text)[0]


def parse_url(url: str) -> URL:
    """Return the parsed `database.url`.

    Raises:
        DatabaseUrlError: It is malformed, names another driver, or no file.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlError(
            f"database.url cannot be read; write {SQLITE}:///path or {POSTGRES}://user@host/name"
        ) from error
    if parsed.drivername not in (SQLITE, POSTGRES):
        raise DatabaseUrlError(
            f"database.url: {parsed.drivername!r} is not supported; use {SQLITE} or {POSTGRES}"
        )
    if parsed.drivername == SQLITE and parsed.database in (None, "", ":memory:"):
        raise DatabaseUrlError("database.url: name a file; a database in memory would be lost")
    return parsed


def make_engine(url: URL, options: DatabaseOptions) -> AsyncEngine:
    """Return an engine for a parsed URL; no connection is opened yet."""
    if url.drivername == SQLITE:
        return _sqlite(url)
    return create_async_engine(
        url,
        json_serializer=dump_json,
        pool_pre_ping=True,
        pool_size=options.pool_size,
        max_overflow=options.max_overflow,
        pool_timeout=options.pool_timeout_s,
        pool_recycle=options.recycle_s,
        connect_args={
            "connect_timeout": options.connect_timeout_s,
            "options": options.session,
        },
    )


def _sqlite(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        json_serializer=dump_json,
        json_deserializer=load_json,
        connect_args={"timeout": BUSY_SECONDS},
        module=OneTripDriver(),
        # Every session ends in a commit or a rollback; a second rollback would cost a
        # change of thread for each transaction.
        pool_reset_on_return=None,
    )
    event.listen(engine.sync_engine, "connect", configure_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def make_reading_engine(url: URL, connections: int) -> Engine:
    """Return a synchronous engine that only reads a SQLite file, for use from threads."""
    engine = _in_threads(url, connections)
    engine.update_execution_options(read_only=True)
    event.listen(engine, "connect", _refuse_writes)
    return engine


def make_writing_engine(url: URL) -> Engine:
    """Return a synchronous engine of one connection to a SQLite file, for use from threads."""
    return _in_threads(url, 1)


def _in_threads(url: URL, connections: int) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        json_serializer=dump_json,
        json_deserializer=load_json,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_reset_on_return=None,  # as above
    )
    event.listen(engine, "connect", configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _refuse_writes(connection: Any, _entry: ConnectionPoolEntry) -> None:
    connection.execute("PRAGMA query_only=ON").close()


def configure_sqlite(connection: Any, _entry: ConnectionPoolEntry) -> None:
    """Set a new SQLite connection up: write-ahead log, foreign keys, waiting for locks."""
    connection.isolation_level = None  # transactions are begun below, never by the driver
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later can fail half-way when another one wrote
    # in between, whatever the time-out; so writers take the lock at once.
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def prepare_folder(url: URL) -> None:
    """Make the folder of a SQLite file; a server needs none.

    Raises:
        DatabaseFullError: The disk is full.
        DatabaseUnreachableError: The folder cannot be made.
    """
    if url.drivername != SQLITE or not url.database:
        return
    try:
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise translate(error) from error
