"""The trace id of the current request or run, for logs, problems and answers."""

import uuid
from contextvars import ContextVar

import structlog

_trace_id: ContextVar[str | None] = ContextVar("trace_id", default=None)


def start_trace(trace_id: str | None = None) -> str:
    """Make `trace_id` (32 hex digits; a new one by default) current and bind it into the logs."""
    value = trace_id or uuid.uuid4().hex
    _trace_id.set(value)
    structlog.contextvars.bind_contextvars(trace_id=value)
    return value


def current_trace() -> str:
    """Return the current trace id, starting a trace if there is none."""
    return _trace_id.get() or start_trace()
