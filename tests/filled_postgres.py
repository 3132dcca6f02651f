"""A database of its own on a test's PostgreSQL server, filled by a script."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg


@contextmanager
def filled_database(maintenance: str, name: str, script: str, *, role: str) -> Iterator[str]:
    """Make a database by a script that also makes a role; both are gone afterwards.

    Yields:
        Its URL for libpq.
    """
    plain = maintenance.replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    own = plain.replace("/postgres?", f"/{name}?")
    with psycopg.connect(own, autocommit=True) as admin:
        admin.execute(script.encode())
    yield own
    with psycopg.connect(plain, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        admin.execute(f"DROP ROLE {role}".encode())
