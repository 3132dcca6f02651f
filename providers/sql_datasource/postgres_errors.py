"""What PostgreSQL and its driver raise, as one error that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors
from psycopg_pool import PoolClosed, PoolTimeout

from providers.errors import QueryError, QueryTrouble

_CLASSES = {
    "08": QueryTrouble.UNAVAILABLE,
    "0A": QueryTrouble.REFUSED,
    "28": QueryTrouble.UNAVAILABLE,
    "3D": QueryTrouble.UNAVAILABLE,
    "42": QueryTrouble.BIND,
    "53": QueryTrouble.UNAVAILABLE,
    "57": QueryTrouble.UNAVAILABLE,
    "58": QueryTrouble.UNAVAILABLE,
    "XX": QueryTrouble.UNAVAILABLE,
}
"""Kinds by the first two characters of the SQLSTATE; what is left out is about the data."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors into `QueryError`."""
    try:
        yield
    except (PoolTimeout, PoolClosed) as error:
        raise QueryError(
            "the database cannot be reached, or all its connections are in use",
            kind=QueryTrouble.UNAVAILABLE,
        ) from error
    except psycopg.Error as error:
        raise QueryError(_said(error), kind=_kind(error)) from error


def _kind(error: psycopg.Error) -> QueryTrouble:
    if isinstance(error, errors.QueryCanceled | errors.LockNotAvailable):
        return QueryTrouble.TIMEOUT
    if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        return QueryTrouble.REFUSED
    if error.sqlstate is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return QueryTrouble.UNAVAILABLE if lost else QueryTrouble.BIND
    return _CLASSES.get(error.sqlstate[:2], QueryTrouble.FAILED)


def _said(error: psycopg.Error) -> str:
    if isinstance(error, errors.QueryCanceled):
        return "the statement took longer than it may"
    if error.diag.message_primary:
        hint = error.diag.message_hint
        return f"{error.diag.message_primary}. {hint}" if hint else error.diag.message_primary
    if _kind(error) is QueryTrouble.UNAVAILABLE:
        return "the connection to the database was lost or cannot be made"
    return str(error).partition("\n")[0]
