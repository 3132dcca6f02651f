"""Queries of the trace store."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, func, select

from service.tracing.schemas import SpanRead, TraceFilter, TracePage, TraceRead, TraceState
from service.tracing.store import FAILED, OK, STOPPED
from service.tracing.tables import spans, traces

MAX_SPANS: Final = 5000
"""Most steps of a trace that are shown; a job may have hundreds of thousands."""
_STATES: Final[dict[TraceState, int]] = {"ok": OK, "stopped": STOPPED, "failed": FAILED}
_WORDS: Final[dict[int, TraceState]] = {number: word for word, number in _STATES.items()}


def page(
    connection: Connection, tenant_id: str, wanted: TraceFilter, *, limit: int, offset: int
) -> TracePage:
    """List a tenant's traces, newest first."""
    query = (
        select(traces)
        .where(traces.c.tenant_id == tenant_id, *_conditions(wanted))
        .order_by(traces.c.started_at.desc())
        .limit(limit + 1)
        .offset(offset)
    )
    rows = connection.execute(query).all()
    return TracePage(traces=[_trace(row) for row in rows[:limit]], more=len(rows) > limit)


def slowest(
    connection: Connection, tenant_id: str, names: Sequence[str], *, since: float, limit: int
) -> list[TraceRead]:
    """List the longest of a tenant's traces of some graphs, the longest first."""
    query = (
        select(traces)
        .where(traces.c.tenant_id == tenant_id, traces.c.started_at >= since)
        .where(traces.c.name.in_(names))
        .order_by(traces.c.duration_ms.desc(), traces.c.trace_id)
        .limit(limit)
    )
    return [_trace(row) for row in connection.execute(query)]


def one(connection: Connection, tenant_id: str, trace_id: str) -> TraceRead | None:
    """Return a trace, or None."""
    query = select(traces).where(traces.c.tenant_id == tenant_id, traces.c.trace_id == trace_id)
    row = connection.execute(query).one_or_none()
    return None if row is None else _trace(row)


def steps(
    connection: Connection, tenant_id: str, trace_id: str, *, kind: str | None = None
) -> tuple[list[SpanRead], int]:
    """Return the steps of a trace in order, and how many more there are."""
    those = [spans.c.tenant_id == tenant_id, spans.c.trace_id == trace_id]
    if kind is not None:
        those.append(spans.c.kind == kind)
    order = (spans.c.started_at, spans.c.id)
    rows = connection.execute(select(spans).where(*those).order_by(*order).limit(MAX_SPANS)).all()
    counted = select(func.count()).select_from(spans).where(*those)
    left = 0 if len(rows) < MAX_SPANS else connection.execute(counted).scalar_one() - len(rows)
    return [_span(row) for row in rows], left


def _conditions(wanted: TraceFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(traces.c.started_at >= wanted.since.timestamp())
    if wanted.until is not None:
        found.append(traces.c.started_at < wanted.until.timestamp())
    if wanted.graph is not None:
        found.append(traces.c.name == wanted.graph)
    if wanted.state is not None:
        found.append(traces.c.state == _STATES[wanted.state])
    if wanted.min_ms is not None:
        found.append(traces.c.duration_ms >= wanted.min_ms)
    if wanted.text is not None:
        found.append(traces.c.preview.icontains(wanted.text, autoescape=True))
    return found


def _trace(row: Any) -> TraceRead:
    return TraceRead(
        trace_id=row.trace_id,
        name=row.name,
        started_at=datetime.fromtimestamp(row.started_at, UTC),
        duration_ms=row.duration_ms,
        state=_WORDS[row.state],
        subject=row.subject,
        asked=row.preview,
        model=row.model,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=row.cost_usd,
        spans=row.spans,
        experiment=row.experiment,
        variant=row.variant,
    )


def _span(row: Any) -> SpanRead:
    return SpanRead(
        span_id=row.span_id,
        parent_id=row.parent_id,
        name=row.name,
        kind=row.kind,
        started_at=datetime.fromtimestamp(row.started_at, UTC),
        duration_ms=row.duration_ms,
        error=row.error,
        attributes=json.loads(row.attributes),
    )
