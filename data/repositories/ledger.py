"""Where spending and deeds are written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from data.models import AuditEvent, LlmCall
from data.repositories.base import Repository, new_id, row_of
from data.values import AuditFilter, NewAuditEvent, NewLlmCall

EVERYTHING = AuditFilter()
"""The whole audit trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Calls of models over a time; `cost_usd` in US dollars."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCost:
    """What one model did for one function; `latency_ms` is a mean, `cost_usd` US dollars."""

    model: str
    function: str
    calls: int
    input_tokens: int
    output_tokens: int
    latency_ms: float
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCost:
    """What a day (UTC, as YYYY-MM-DD) cost in US dollars."""

    day: str
    cost_usd: float


class LlmCallRepository(Repository):
    """The model calls of a tenant; rows are only added."""

    async def add(self, call: NewLlmCall, id: str | None = None) -> str:
        """Write a call down and return the id of its row; one is made unless it is given."""
        id = id or new_id()
        await self._insert(LlmCall, [row_of(call) | {"id": id}])
        return id

    async def has(self, id: str) -> bool:
        """Tell whether a call is written down."""
        return await self._one(select(LlmCall).where(LlmCall.id == id)) is not None

    async def of_trace(self, trace_id: str) -> Sequence[LlmCall]:
        """Return the calls of one run, in order."""
        query = select(LlmCall).where(LlmCall.trace_id == trace_id).order_by(LlmCall.created_at)
        return await self._all(query)

    async def spent_since(self, moment: datetime, function: str | None = None) -> Spending:
        """Return what the tenant spent since a moment, on one function or on all."""
        query = select(
            func.count(LlmCall.id),
            func.coalesce(func.sum(LlmCall.input_tokens), 0),
            func.coalesce(func.sum(LlmCall.output_tokens), 0),
            func.coalesce(func.sum(LlmCall.cost_usd), 0.0),
        ).where(LlmCall.created_at >= moment)
        if function is not None:
            query = query.where(LlmCall.function == function)
        calls, read, written, cost = (await self._session.execute(query)).one()
        return Spending(calls=calls, input_tokens=read, output_tokens=written, cost_usd=cost)

    async def by_model(self, moment: datetime) -> Sequence[ModelCost]:
        """Return what each model did for each function since a moment, the dearest first."""
        names = ("model", "function")
        sums = ("calls", "input_tokens", "output_tokens", "latency_ms", "cost_usd")
        query = (
            select(
                LlmCall.model,
                LlmCall.function,
                func.count(LlmCall.id),
                func.sum(LlmCall.input_tokens),
                func.sum(LlmCall.output_tokens),
                func.avg(LlmCall.latency_ms),
                func.sum(LlmCall.cost_usd),
            )
            .where(LlmCall.created_at >= moment)
            .group_by(LlmCall.model, LlmCall.function)
        )
        rows = (await self._session.execute(query)).all()
        found = [ModelCost(**dict(zip((*names, *sums), row, strict=True))) for row in rows]
        return sorted(found, key=lambda each: (-each.cost_usd, -each.calls, each.model))

    async def by_day(self, moment: datetime) -> Sequence[DayCost]:
        """Return what each day since a moment cost, in order; days without calls are left out."""
        day = func.date(LlmCall.created_at)
        query = (
            select(day, func.sum(LlmCall.cost_usd))
            .where(LlmCall.created_at >= moment)
            .group_by(day)
            .order_by(day)
        )
        rows = (await self._session.execute(query)).all()
        return [DayCost(day=str(when), cost_usd=cost) for when, cost in rows]


class AuditRepository(Repository):
    """The audit trail of a tenant; rows are only added."""

    async def add(
        self,
        action: str,
        target: str | None = None,
        detail: Mapping[str, Any] | None = None,
        *,
        document_id: str | None = None,
    ) -> str:
        """Write down what the principal did, and return the id of the row.

        Args:
            action: A noun and a verb, such as `document.deleted`.
            target: The id of what it was done to.
            detail: More, without secrets and without the text of documents.
            document_id: The document that it was done to, or that was read.
        """
        event = NewAuditEvent(
            subject=self._principal.subject,
            action=action,
            target=target,
            document_id=document_id,
            detail=dict(detail or {}),
        )
        return (await self.add_all([event]))[0]

    async def add_all(self, events: Sequence[NewAuditEvent]) -> Sequence[str]:
        """Write several deeds down in one statement and return the ids of their rows."""
        rows = [row_of(event) | {"id": new_id()} for event in events]
        await self._insert(AuditEvent, rows)
        return [str(row["id"]) for row in rows]

    async def list(
        self, limit: int = 100, offset: int = 0, wanted: AuditFilter = EVERYTHING
    ) -> Sequence[AuditEvent]:
        """Return what was done, newest first."""
        order = (AuditEvent.created_at.desc(), AuditEvent.id)
        query = _matching(wanted).order_by(*order).limit(limit).offset(offset)
        return await self._all(query)

    async def count(self, wanted: AuditFilter = EVERYTHING) -> int:
        """Count what was done."""
        query = _matching(wanted).with_only_columns(func.count(AuditEvent.id))
        return int((await self._session.execute(query)).scalar_one())


def _matching(wanted: AuditFilter) -> Select[AuditEvent]:
    query = select(AuditEvent)
    for column, value in (
        (AuditEvent.action, wanted.action),
        (AuditEvent.document_id, wanted.document_id),
        (AuditEvent.subject, wanted.subject),
        (AuditEvent.trace_id, wanted.trace_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.since is not None:
        query = query.where(AuditEvent.created_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AuditEvent.created_at < wanted.until)
    return query
