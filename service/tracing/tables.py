"""The tables of the trace store, and how a store of an earlier release is brought up to date.

They are no part of the main database's schema and its migrations: a trace may be lost, and must
never be in the way of anything that may not.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    func,
    select,
    text,
)

from service.tracing.errors import TraceStoreError

SCHEMA: Final = "cicerone_traces"
"""On PostgreSQL; a SQLite file is a place of its own."""
VERSION: Final = 1
metadata = MetaData()

ID = BigInteger().with_variant(Integer, "sqlite")
versions = Table("store_version", metadata, Column("version", Integer, primary_key=True))
traces = Table(
    "traces",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("trace_id", String(32), primary_key=True),
    Column("started_at", Float, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("name", String(128), nullable=False),
    Column("state", Integer, nullable=False),
    Column("subject", String(256), nullable=False),
    Column("model", String(256)),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cost_usd", Float, nullable=False),
    Column("spans", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("experiment", String(128)),
    Column("variant", String(128)),
    Column("preview", Text),
    Index("ix_traces_tenant_started", "tenant_id", "started_at"),
    Index("ix_traces_started", "started_at"),
)
spans = Table(
    "spans",
    metadata,
    Column("id", ID, primary_key=True, autoincrement=True),
    Column("tenant_id", String(64), nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("span_id", String(16), nullable=False),
    Column("parent_id", String(16)),
    Column("name", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("started_at", Float, nullable=False),
    Column("duration_ms", Float, nullable=False),
    Column("error", Text),
    Column("attributes", Text, nullable=False),
    Index("ix_spans_trace", "tenant_id", "trace_id"),
)


def prepare(connection: Connection) -> None:
    """Make the tables, or bring them to this release.

    Raises:
        TraceStoreError: a later release made them.
    """
    if connection.dialect.name == "postgresql":
        # Of several processes that start at once, one makes them.
        connection.execute(text("SELECT pg_advisory_xact_lock(7041926)"))
        connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    metadata.create_all(connection)
    found = connection.execute(select(func.max(versions.c.version))).scalar_one()
    if found is None:
        connection.execute(versions.insert().values(version=VERSION))
    elif found > VERSION:
        raise TraceStoreError(
            f"the trace store has version {found}, this release knows {VERSION}: update, or "
            "remove the store"
        )
