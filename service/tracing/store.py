"""The service's own trace store: a SQLite file of its own, or a schema on PostgreSQL."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Connection,
    Engine,
    and_,
    case,
    create_engine,
    delete,
    event,
    func,
    make_url,
    or_,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from providers.telemetry import SpanKind
from service.tracing.errors import TraceStoreError
from service.tracing.records import SpanRecord, preview_of
from service.tracing.tables import SCHEMA, prepare, spans, traces

T = TypeVar("T")
Row = dict[str, Any]
LOCK_S: Final = 1.0
"""How long a write waits for another one."""
ATTEMPTS: Final = 3
PRUNE_EVERY_S: Final = 600.0
PRUNE_BATCH: Final = 200
"""Traces that go at once, so that writes come in between."""
ROW_BYTES: Final = 200
"""What a span takes beside its attributes, with its share of the indexes."""
_RANK: Final = {SpanKind.GRAPH: 3, SpanKind.JOB: 2, SpanKind.REQUEST: 1}
"""What names a trace: its outermost graph, else its job, else its request."""
OK, STOPPED, FAILED = 0, 1, 2


class TraceStore:
    """Keeps spans, and a line for each trace; blocks, so it is used from threads only."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._prepared = False
        self._lock = threading.Lock()

    @classmethod
    def open(cls, home: Path, database_url: str) -> "TraceStore":
        """Return the store beside a database; nothing is connected yet."""
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite":
            engine = create_engine(
                f"sqlite:///{(home / 'traces.db').absolute()}", connect_args={"timeout": LOCK_S}
            )
            event.listen(engine, "connect", _pragmas)
            return cls(engine)
        options = f"-c lock_timeout={LOCK_S * 1000:.0f}ms -c statement_timeout=30s"
        engine = create_engine(
            url,
            pool_size=2,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 3, "options": options},
        )
        return cls(engine.execution_options(schema_translate_map={None: SCHEMA}))

    def write(self, records: Sequence[SpanRecord]) -> None:
        """Add the spans that are to be kept. Waits for another writer, not for long.

        Raises:
            SQLAlchemyError: they could not be written.
        """
        kept = [record for record in records if record.kept]
        if not kept:
            return
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._begin() as connection:
                    self._add(connection, kept)
            except OperationalError:
                if attempt == ATTEMPTS:
                    raise
                time.sleep(LOCK_S / 2)
            else:
                return

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run some reading.

        Raises:
            TraceStoreError: the store cannot be read now.
        """
        try:
            with self._begin() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            cause = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise TraceStoreError(f"the trace store cannot be read: {cause}") from error

    def prune(self, *, before: float, max_bytes: int) -> int:
        """Remove traces that began before a moment, and the oldest while there are too many.

        Returns:
            How many traces went.
        """
        gone = 0
        while batch := self._remove(traces.c.started_at < before):
            gone += batch
        while self._bytes() > max_bytes and (batch := self._remove(None)):
            gone += batch
        return gone

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _begin(self) -> Any:
        with self._lock:
            if not self._prepared:
                with self._engine.begin() as connection:
                    prepare(connection)
                self._prepared = True
        return self._engine.begin()

    def _add(self, connection: Connection, records: Sequence[SpanRecord]) -> None:
        rows = [_span_row(record) for record in records]
        connection.execute(spans.insert(), rows)
        statement = _upsert(connection.dialect.name)
        connection.execute(statement, list(summaries(records, rows)))

    def _bytes(self) -> int:
        return self.read(
            lambda found: int(found.execute(select(func.sum(traces.c.bytes))).scalar() or 0)
        )

    def _remove(self, which: Any) -> int:
        """Remove the oldest traces of a kind; returns how many."""
        oldest = select(traces.c.tenant_id, traces.c.trace_id).order_by(traces.c.started_at)
        if which is not None:
            oldest = oldest.where(which)
        with self._begin() as connection:
            keys = connection.execute(oldest.limit(PRUNE_BATCH)).all()
            for table in (spans, traces) if keys else ():
                those = [
                    and_(table.c.tenant_id == tenant, table.c.trace_id == trace)
                    for tenant, trace in keys
                ]
                connection.execute(delete(table).where(or_(*those)))
        return len(keys)


class StoreConsumer:
    """Writes what the pipeline brings, and now and then removes what is old."""

    def __init__(self, store: TraceStore, *, retention_s: float, max_bytes: int) -> None:
        self._store = store
        self._retention_s = retention_s
        self._max_bytes = max_bytes
        self._pruned = time.monotonic()

    def take(self, records: Sequence[SpanRecord]) -> None:
        """Write records.

        Raises:
            SQLAlchemyError: they could not be written.
        """
        self._store.write(records)
        if time.monotonic() - self._pruned >= PRUNE_EVERY_S:
            self._pruned = time.monotonic()
            self._store.prune(before=time.time() - self._retention_s, max_bytes=self._max_bytes)

    def close(self, timeout_s: float) -> None:
        """Close the store."""
        self._store.close()


def summaries(records: Iterable[SpanRecord], rows: Iterable[Row]) -> Iterable[Row]:
    """Return what spans add to the lines of their traces."""
    found: dict[tuple[str, str], Row] = {}
    for record, row in zip(records, rows, strict=True):
        key = (record.tenant_id, record.trace_id)
        line = found.get(key)
        if line is None:
            line = found[key] = _line(record)
        _count(line, record, row)
    return found.values()


def _line(record: SpanRecord) -> Row:
    return {
        "tenant_id": record.tenant_id,
        "trace_id": record.trace_id,
        "started_at": record.started_at,
        "duration_ms": 0.0,
        "rank": 0,
        "name": record.name[:128],
        "state": OK,
        "subject": record.subject[:256],
        "model": None,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_usd": 0.0,
        "spans": 0,
        "bytes": 0,
        "experiment": record.attributes.get("experiment"),
        "variant": record.attributes.get("variant"),
        "preview": None,
    }


def _count(line: Row, record: SpanRecord, row: Row) -> None:
    rank = _RANK.get(record.kind, 0)
    line["started_at"] = min(line["started_at"], record.started_at)
    line["duration_ms"] = max(line["duration_ms"], record.duration_ms)
    line["spans"] += 1
    line["bytes"] += len(row["attributes"]) + ROW_BYTES
    if rank and rank >= line["rank"]:
        line |= {"rank": rank, "name": record.name[:128], "preview": preview_of(record)}
    if rank and record.error is not None:
        line["state"] = max(line["state"], state_of(record.error))
    if record.kind is SpanKind.GENERATION:
        said = record.attributes
        line["model"] = said.get("model") or line["model"]
        line["input_tokens"] += int(said.get("input_tokens", 0))
        line["output_tokens"] += int(said.get("output_tokens", 0))
        line["cost_usd"] += float(said.get("cost_usd", 0.0))


def state_of(error: str) -> int:
    """Tell whether an error is a failure, or somebody did not want to wait any more."""
    return STOPPED if error.startswith(("CancelledError", "GeneratorExit")) else FAILED


def _span_row(record: SpanRecord) -> Row:
    return {
        "tenant_id": record.tenant_id,
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "parent_id": record.parent_id,
        "name": record.name[:128],
        "kind": record.kind.value,
        "started_at": record.started_at,
        "duration_ms": record.duration_ms,
        "error": record.error,
        "attributes": record.json,
    }


def _upsert(dialect: str) -> Any:
    """Return the statement that adds lines to those that are there."""
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    new = insert(traces)
    later, old = new.excluded, traces.c
    outer = later.rank >= old.rank
    earlier = later.started_at < old.started_at
    longer = later.duration_ms > old.duration_ms
    changed: Mapping[str, Any] = {
        "started_at": case((earlier, later.started_at), else_=old.started_at),
        "duration_ms": case((longer, later.duration_ms), else_=old.duration_ms),
        "name": case((outer, later.name), else_=old.name),
        "preview": case((outer, func.coalesce(later.preview, old.preview)), else_=old.preview),
        "rank": case((outer, later.rank), else_=old.rank),
        "state": case((later.state > old.state, later.state), else_=old.state),
        "model": func.coalesce(later.model, old.model),
        "input_tokens": old.input_tokens + later.input_tokens,
        "output_tokens": old.output_tokens + later.output_tokens,
        "cost_usd": old.cost_usd + later.cost_usd,
        "spans": old.spans + later.spans,
        "bytes": old.bytes + later.bytes,
        "experiment": func.coalesce(later.experiment, old.experiment),
        "variant": func.coalesce(later.variant, old.variant),
    }
    return new.on_conflict_do_update(index_elements=["tenant_id", "trace_id"], set_=changed)


def _pragmas(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
