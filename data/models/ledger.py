"""What was spent and who did what: rows that are only ever added."""

from typing import Any

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id
from data.models.base import Owned


class LlmCall(Owned):
    """One call of a model; latencies in milliseconds, `cost_usd` in US dollars.

    `deployment` is the name that the settings give the model, `function` what it was called
    for. `first_token_ms` is empty when no text came.
    """

    __tablename__ = "llm_calls"
    __table_args__ = (
        Index(None, "tenant_id", "created_at"),
        Index(None, "tenant_id", "trace_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    function: Mapped[str] = mapped_column(String(64))
    prompt_name: Mapped[str | None]
    prompt_version: Mapped[str | None] = mapped_column(String(32))
    prompt_hash: Mapped[str | None] = mapped_column(String(64))
    deployment: Mapped[str | None] = mapped_column(String(64))
    model: Mapped[str]
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    cached_tokens: Mapped[int] = mapped_column(default=0)
    cost_usd: Mapped[float] = mapped_column(default=0.0)
    latency_ms: Mapped[float] = mapped_column(default=0.0)
    first_token_ms: Mapped[float | None]
    outcome: Mapped[str] = mapped_column(String(32))
    error: Mapped[str | None] = mapped_column(Text)
    trace_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]


class AuditEvent(Owned):
    """Something a person or program did; the database refuses to change or remove a row."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index(None, "tenant_id", "created_at"),
        Index(None, "tenant_id", "document_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject: Mapped[str]
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str | None] = mapped_column(String(1024))
    document_id: Mapped[str | None] = mapped_column(Id)
    trace_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]
