"""Tells trouble that may pass from trouble that stays."""

from typing import Final

from data.errors import DatabaseBusyError, DatabaseFullError, DatabaseUnreachableError
from providers.errors import StorageFullError, TransientProviderError

PASSING: Final = (
    TransientProviderError,
    StorageFullError,
    DatabaseBusyError,
    DatabaseFullError,
    DatabaseUnreachableError,
)
"""A server comes back, a lock is released, room is made: the same work may succeed later."""


def may_pass(error: BaseException) -> bool:
    """Tell whether trying the same again later may help."""
    return isinstance(error, PASSING)
