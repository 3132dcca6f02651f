"""Which revision of the tables this release expects.

Alembic is not imported here: a server that starts over tables that are up to date needs
none of it, and it takes a fifth of the start.
"""

from typing import Final

from sqlalchemy import Connection, inspect, text

from data.errors import UPGRADE, SchemaError

HEAD: Final = "20261126_reservations"
"""The newest revision below `data/migrations`; a test compares the two."""
_TABLE = "alembic_version"


def revision_of(connection: Connection) -> str | None:
    """Return the revision of a database, or None when it has no tables yet."""
    if not inspect(connection).has_table(_TABLE):
        return None
    found: str | None = connection.execute(
        text(f"SELECT version_num FROM {_TABLE}")  # noqa: S608 - a constant
    ).scalar_one_or_none()
    return found


def expect_head(connection: Connection) -> None:
    """Check that a database has the tables of this release.

    Raises:
        SchemaError: It has none, or those of another release.
    """
    found = revision_of(connection)
    if found is None:
        raise SchemaError(f"The database has no tables yet; {UPGRADE}")
    if found != HEAD:
        raise SchemaError(f"The database is at revision {found}, not {HEAD}; {UPGRADE}")
