"""Makes rows of spans: texts masked, sizes bounded, objects as JSON."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel

from providers.telemetry import Run, Span, SpanKind
from service.tracing.masking import masked, masked_value

CONTENT: Final = frozenset({"input", "output", "request", "response", "sql"})
"""Attributes that hold what was asked and answered."""
_OURS: Final = frozenset(
    {
        "action",
        "deployment",
        "document_id",
        "function",
        "index",
        "job_id",
        "method",
        "model",
        "outcome",
        "prompt_hash",
        "prompt_name",
        "prompt_version",
        "retrieved_chunk_ids",
        "retrieved_document_ids",
        "route",
        "rule",
        "rules",
        "stage",
        "strategy",
    }
)
"""Attributes whose values the service makes itself; looking for names in them would find some."""
PREVIEW_CHARS: Final = 300
_DEEP: Final = 12
dump: Final = json.JSONEncoder(ensure_ascii=False, default=str).encode
"""Writes JSON; one encoder for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRecord:
    """A span as it is kept and sent; `started_at` in seconds since 1970 (UTC).

    One that is not `kept` is only counted. `json` are the attributes as text.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    tenant_id: str
    kept: bool
    subject: str
    name: str
    kind: SpanKind
    started_at: float
    duration_ms: float
    error: str | None
    attributes: Mapping[str, Any]
    json: str


def record_of(span: Span, run: Run, *, content: bool, max_bytes: int) -> SpanRecord:
    """Return what is kept of a span; never raises for what its attributes hold."""
    found = {
        name: _plain(value, _DEEP) if name in _OURS else masked_value(_plain(value, _DEEP))
        for name, value in span.attributes.items()
        if content or name not in CONTENT
    }
    attributes, text = _bounded({**run.tags, **found}, max_bytes)
    return SpanRecord(
        trace_id=run.trace_id,
        span_id=span.id,
        parent_id=span.parent_id,
        tenant_id=run.tenant_id,
        kept=run.kept and bool(run.tenant_id),
        subject=run.subject,
        name=span.name,
        kind=span.kind,
        started_at=span.started_ns / 1e9,
        duration_ms=round(span.duration_ms, 3),
        error=None if span.error is None else masked(span.error[:2000]),
        attributes=attributes,
        json=text,
    )


def preview_of(record: SpanRecord) -> str | None:
    """Return the first words of what was asked, for lists."""
    asked = record.attributes.get("input")
    return asked[:PREVIEW_CHARS] if isinstance(asked, str) else None


def _plain(value: Any, deep: int) -> Any:
    """Return a value as JSON knows it."""
    if value is None or isinstance(value, str | int | float | bool):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, list | tuple | set | frozenset) and deep:
        return [_plain(each, deep - 1) for each in value]
    named = _named(value) if deep else None
    if named is not None:
        return {str(key): _plain(each, deep - 1) for key, each in named.items()}
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def _named(value: Any) -> Mapping[Any, Any] | None:
    """Return what has names: the items of a mapping, the fields of an object."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return None


def _bounded(attributes: dict[str, Any], max_bytes: int) -> tuple[dict[str, Any], str]:
    """Cut the longest attributes until all of them fit, and say so."""
    text = dump(attributes)
    # A character takes up to four bytes; nearly all spans are far below the limit.
    if len(text) * 4 <= max_bytes or len(text.encode()) <= max_bytes:
        return attributes, text
    sizes = {name: len(_text(value).encode()) for name, value in attributes.items()}
    total, left = sum(sizes.values()), dict(attributes)
    for name in sorted(sizes, key=lambda each: -sizes[each]):
        if total <= max_bytes:
            break
        keep = max(0, sizes[name] - (total - max_bytes))
        left[name] = _text(attributes[name]).encode()[:keep].decode(errors="ignore")
        total -= sizes[name] - keep
        left["cut"] = f"{name} and others were cut: the span had {sum(sizes.values())} bytes"
    return left, dump(left)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else dump(value)
