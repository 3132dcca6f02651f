"""What Alembic runs around each command, on the connection that `data.migrate` opened."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from data.columns import UtcDateTime
from data.migrate import LOCK_TIMEOUT
from data.models import Base


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Keep migrations free of the program's own types: those change, a migration must not."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    """Run the migrations in the caller's transaction: all of them or none."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


migrate(context.config.attributes["connection"])
