"""Spans for tests."""

import time
from typing import Any

from providers.telemetry import SpanKind
from service.tracing.records import SpanRecord, dump


def record(
    span_id: str = "a" * 16,
    *,
    trace_id: str = "1" * 32,
    kind: SpanKind = SpanKind.NODE,
    name: str = "retrieve",
    tenant_id: str = "default",
    started_at: float | None = None,
    duration_ms: float = 5.0,
    error: str | None = None,
    kept: bool = True,
    parent_id: str | None = None,
    **attributes: Any,
) -> SpanRecord:
    return SpanRecord(
        trace_id=trace_id,
        span_id=span_id,
        parent_id=parent_id,
        tenant_id=tenant_id,
        kept=kept,
        subject="anna",
        name=name,
        kind=kind,
        started_at=time.time() if started_at is None else started_at,
        duration_ms=duration_ms,
        error=error,
        attributes=attributes,
        json=dump(attributes),
    )
