"""Where spending and deeds are written down."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from data.models import AuditEvent, LlmCall
from data.repositories.base import Repository, new_id
from data.values import NewLlmCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Calls of models over a time; `cost_usd` in US dollars."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


class LlmCallRepository(Repository):
    """The model calls of a tenant; rows are only added."""

    async def add(self, call: NewLlmCall) -> str:
        """Write a call down and return the id of its row."""
        id = new_id()
        await self._insert(LlmCall, [asdict(call) | {"id": id}])
        return id

    async def of_trace(self, trace_id: str) -> Sequence[LlmCall]:
        """Return the calls of one run, in order."""
        query = select(LlmCall).where(LlmCall.trace_id == trace_id).order_by(LlmCall.created_at)
        return await self._all(query)

    async def spent_since(self, moment: datetime) -> Spending:
        """Return what the tenant spent since a moment."""
        query = select(
            func.count(LlmCall.id),
            func.coalesce(func.sum(LlmCall.input_tokens), 0),
            func.coalesce(func.sum(LlmCall.output_tokens), 0),
            func.coalesce(func.sum(LlmCall.cost_usd), 0.0),
        ).where(LlmCall.created_at >= moment)
        calls, read, written, cost = (await self._session.execute(query)).one()
        return Spending(calls=calls, input_tokens=read, output_tokens=written, cost_usd=cost)


class AuditRepository(Repository):
    """The audit trail of a tenant; rows are only added."""

    async def add(
        self, action: str, target: str | None = None, detail: Mapping[str, Any] | None = None
    ) -> str:
        """Write down what the principal did, and return the id of the row.

        Args:
            action: A noun and a verb, such as `document.deleted`.
            target: The id of what it was done to.
            detail: More, without secrets and without the text of documents.
        """
        id = new_id()
        row = {
            "id": id,
            "subject": self._principal.subject,
            "action": action,
            "target": target,
            "detail": dict(detail or {}),
        }
        await self._insert(AuditEvent, [row])
        return id

    async def list(
        self, limit: int = 100, offset: int = 0, *, action: str | None = None
    ) -> Sequence[AuditEvent]:
        """Return what was done, newest first; `action` keeps one kind."""
        query = select(AuditEvent)
        if action is not None:
            query = query.where(AuditEvent.action == action)
        order = (AuditEvent.created_at.desc(), AuditEvent.id)
        return await self._all(query.order_by(*order).limit(limit).offset(offset))
