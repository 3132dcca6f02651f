"""What is told of traces."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from service.schemas import Request, Shape

TraceState = Literal["ok", "stopped", "failed"]


class TraceFilter(Request):
    """Which traces are asked for; `min_ms` in milliseconds, `text` is part of what was asked."""

    since: datetime | None = None
    until: datetime | None = None
    graph: str | None = Field(default=None, max_length=128)
    state: TraceState | None = None
    min_ms: float | None = Field(default=None, ge=0)
    text: str | None = Field(default=None, min_length=1, max_length=200)


class TraceRead(Shape):
    """A trace as lists show it; `asked` is masked and cut."""

    trace_id: str
    name: str
    started_at: datetime
    duration_ms: float
    state: TraceState
    subject: str
    asked: str | None
    model: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: float
    spans: int
    experiment: str | None
    variant: str | None


class TracePage(Shape):
    """Traces, newest first; `more` says that there are older ones."""

    traces: list[TraceRead]
    more: bool


class SpanRead(Shape):
    """A step of a trace; attributes are masked."""

    span_id: str
    parent_id: str | None
    name: str
    kind: str
    started_at: datetime
    duration_ms: float
    error: str | None
    attributes: dict[str, Any]


class TraceTree(Shape):
    """A trace with its steps in the order in which they began; `left_out` are beyond the limit."""

    trace: TraceRead
    spans: list[SpanRead]
    left_out: int


class ReplayRequest(Request):
    """Run what was asked again, with the prompts of today or those of then."""

    prompts: Literal["today", "recorded"] = "today"


class Outcome(Shape):
    """What one of the two runs came to."""

    trace_id: str
    answer: str | None
    documents: list[str]
    duration_ms: float
    cost_usd: float
    prompts: dict[str, str]


class ReplayRead(Shape):
    """The recorded run and today's, side by side; `difference` is a unified diff of the answers.

    What was asked is taken from the masked record: `note` says so.
    """

    asked: str
    before: Outcome
    after: Outcome
    same: bool
    difference: list[str]
    note: str
