"""Brings the tables to the form that this release expects.

All functions here block; call them from async code through `anyio.to_thread.run_sync`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from data.engine import SQLITE, configure_sqlite, parse_url, prepare_folder
from data.errors import translate
from data.models import Base
from data.options import DatabaseOptions
from data.revision import revision_of

SCRIPTS = Path(__file__).parent / "migrations"
LOCK_TIMEOUT = "5s"
"""How long a migration waits for a table on PostgreSQL; waiting longer would stop all readers."""


def upgrade(url: str, revision: str = "head") -> None:
    """Create the tables, or bring them to a revision.

    Raises:
        DatabaseError: In words that a person can act on.
    """
    with _connected(url) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(url: str, revision: str) -> None:
    """Go back to an earlier revision; `base` removes all tables and what is in them.

    Raises:
        DatabaseError: In words that a person can act on.
    """
    with _connected(url) as connection:
        command.downgrade(_config(connection), revision)


def current(url: str) -> str | None:
    """Return the revision of a database, or None when it has no tables yet.

    Raises:
        DatabaseError: In words that a person can act on.
    """
    with _connected(url) as connection:
        return revision_of(connection)


@cache
def head() -> str | None:
    """Return the revision that this release expects."""
    return ScriptDirectory(str(SCRIPTS)).get_current_head()


def drift(url: str) -> list[str]:
    """Return how the tables differ from the models, one line a difference; none is good.

    Raises:
        DatabaseError: In words that a person can act on.
    """
    with _connected(url) as connection:
        options: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        return [repr(difference) for difference in compare_metadata(context, Base.metadata)]


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    parsed = parse_url(url)
    prepare_folder(parsed)
    engine = _sync_engine(parsed)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise translate(error) from error
    finally:
        engine.dispose()


def _sync_engine(url: URL) -> Engine:
    if url.drivername != SQLITE:
        waiting = {"connect_timeout": DatabaseOptions().connect_timeout_s}
        return create_engine(url, poolclass=NullPool, connect_args=waiting)
    engine = create_engine(url.set(drivername="sqlite"), poolclass=NullPool)
    event.listen(engine, "connect", configure_sqlite)
    event.listen(engine, "connect", _without_foreign_keys)
    event.listen(engine, "begin", _begin)
    return engine


def _without_foreign_keys(connection: Any, _entry: object) -> None:
    # SQLite changes a table by copying it; its own manual says to do so with the keys off.
    connection.execute("PRAGMA foreign_keys=OFF")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
