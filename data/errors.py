"""What goes wrong with the database, in words that a person can act on."""

import errno
import sqlite3
import sys
from typing import TYPE_CHECKING

from sqlalchemy import exc

if TYPE_CHECKING:
    pass

UPGRADE = "run: cicerone db upgrade"


class DatabaseError(Exception):
    """The database could not do what was asked.

    `type` is the stable slug of the problem, `status` its HTTP status, the message is for people.
    """

    type = "database-error"
    status = 500
    title = "The database failed"


class DatabaseUrlError(DatabaseError):
    """The setting `database.url` cannot be used."""

    type = "database-url-invalid"
    status = 500
    title = "The database setting is wrong"


class DatabaseBusyError(DatabaseError):
    """Another writer held the database for too long; trying again may work."""

    type = "database-busy"
    status = 503
    title = "The database is busy"


class DatabaseConnectionLostError(DatabaseBusyError):
    """The server ended a connection in the middle of a transaction; trying again may work."""

    type = "database-connection-lost"
    status = 503
    title = "The connection to the database was lost"


class DatabaseFullError(DatabaseError):
    """The disk under the database has no room left."""

    type = "storage-full"
    status = 507
    title = "No room left"


class DatabaseReadOnlyError(DatabaseError):
    """The database refuses writes."""

    type = "database-read-only"
    status = 500
    title = "The database cannot be written"


class DatabaseCorruptError(DatabaseError):
    """The database file is damaged or is no database."""

    type = "database-corrupt"
    status = 500
    title = "The database is damaged"


class DatabaseUnreachableError(DatabaseError):
    """The database server or file cannot be opened."""

    type = "database-unreachable"
    status = 503
    title = "The database cannot be reached"


class SchemaError(DatabaseError):
    """The tables are missing or of another release."""

    type = "schema-outdated"
    status = 503
    title = "The database needs an upgrade"


class ScopeError(DatabaseError):
    """A statement would have left its tenant; this is a fault of the program, not of a person."""

    type = "scope-violation"
    status = 500
    title = "A statement left its tenant"


class DocumentGoneError(DatabaseError):
    """The document was deleted while it was being worked on, or never existed."""

    type = "document-gone"
    status = 409
    title = "The document is gone"


class RowNotFoundError(DatabaseError):
    """No such row in this tenant."""

    type = "not-found"
    status = 404
    title = "Not found"


_SQLITE: dict[int, tuple[type[DatabaseError], str]] = {
    sqlite3.SQLITE_BUSY: (
        DatabaseBusyError,
        "The database is locked by another writer. Try again, or stop the other process.",
    ),
    sqlite3.SQLITE_LOCKED: (DatabaseBusyError, "A table of the database is locked. Try again."),
    sqlite3.SQLITE_FULL: (
        DatabaseFullError,
        "The disk that holds the database is full. Free some space and try again.",
    ),
    sqlite3.SQLITE_READONLY: (
        DatabaseReadOnlyError,
        "The database file cannot be written. Check its owner, its mode and its folder's.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        DatabaseCorruptError,
        "The database file is damaged. Restore it from a backup.",
    ),
    sqlite3.SQLITE_NOTADB: (
        DatabaseCorruptError,
        "The file named by `database.url` is not a SQLite database.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        DatabaseUnreachableError,
        "The database file cannot be opened. Check that the folder in `database.url` exists.",
    ),
}
"""By primary result code of SQLite (https://sqlite.org/rescode.html)."""

_POSTGRES: dict[str, tuple[type[DatabaseError], str]] = {
    "53100": (DatabaseFullError, "The disk of the database server is full. Free some space."),
    "53300": (DatabaseBusyError, "The database server has no connection left. Try again."),
    "55P03": (DatabaseBusyError, "Another session holds a lock on the table. Try again."),
    "57014": (DatabaseBusyError, "The database cancelled a statement that took too long."),
    "40001": (DatabaseBusyError, "Two transactions met on the same rows. Try again."),
    "40P01": (DatabaseBusyError, "Two transactions waited for each other. Try again."),
    "25P03": (
        DatabaseConnectionLostError,
        "The database ended a transaction that had done nothing for too long. Try again.",
    ),
    "25006": (DatabaseReadOnlyError, "The database refuses writes in a read-only transaction."),
    "42P01": (SchemaError, f"A table is missing: {UPGRADE}"),
    "42703": (SchemaError, f"A column is missing: {UPGRADE}"),
    "3D000": (DatabaseUnreachableError, "The database named by `database.url` does not exist."),
    "28P01": (DatabaseUnreachableError, "The password in `database.url` was refused."),
    "28000": (DatabaseUnreachableError, "The user in `database.url` was refused."),
}
"""By SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""


def driver_errors() -> tuple[type[Exception], ...]:
    """Return what the drivers raise where no SQLAlchemy is in between.

    The driver of PostgreSQL is not imported for that: where nobody uses it, it raises nothing.
    """
    if "psycopg" not in sys.modules:
        return (sqlite3.Error,)
    import psycopg  # noqa: PLC0415 - as said above

    return sqlite3.Error, psycopg.Error


def translate(error: Exception) -> DatabaseError:
    """Return the clear form of what SQLAlchemy, a driver or the operating system raised."""
    if isinstance(error, exc.TimeoutError):
        return DatabaseBusyError("All database connections are in use. Try again.")
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    clear: DatabaseError | None = None
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    if isinstance(cause, sqlite3.Error):
        clear = _of_sqlite(cause)
    elif isinstance(cause, OSError):
        clear = _of_system(cause)
    else:
        clear = _of_postgres(cause, lost=lost)
    return clear or DatabaseError(f"The database refused a statement: {_first_line(cause)}")


def _first_line(error: BaseException | None) -> str:
    return str(error).strip().partition("\n")[0]


def _of_system(error: OSError) -> DatabaseError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DatabaseFullError("The disk that holds the database is full. Free some space.")
    return DatabaseUnreachableError(f"The database file cannot be opened: {error}")


def _of_sqlite(error: sqlite3.Error) -> DatabaseError | None:
    text = str(error)
    if text.startswith(("no such table", "no such column")) or "has no column named" in text:
        return SchemaError(f"The database has an older or no schema ({text}); {UPGRADE}")
    code = getattr(error, "sqlite_errorcode", None)
    found = _SQLITE.get(code & 0xFF) if code is not None else None
    return found[0](found[1]) if found else None


def _of_postgres(error: BaseException | None, *, lost: bool) -> DatabaseError | None:
    if "psycopg" not in sys.modules:
        return None
    import psycopg  # noqa: PLC0415 - a start over SQLite is faster without it

    state = error.sqlstate or "" if isinstance(error, psycopg.Error) else ""
    if state in _POSTGRES:
        kind, message = _POSTGRES[state]
        return kind(message)
    if not isinstance(error, psycopg.OperationalError):
        return None
    if lost or state.startswith(("08", "57P")):
        return DatabaseConnectionLostError(
            f"The database server ended the connection: {_first_line(error)}. Try again."
        )
    if not state:
        return DatabaseUnreachableError(
            f"The database server cannot be reached: {_first_line(error)}"
        )
    return None
