"""Where the decisions of guards are kept."""

from collections.abc import Sequence

from sqlalchemy import Select, func, or_, select

from data.models import GuardVerdict
from data.repositories.base import Repository, new_id, row_of
from data.values import NewVerdict, VerdictFilter

EVERYTHING = VerdictFilter()
"""All verdicts."""


class GuardVerdictRepository(Repository):
    """The verdicts of a tenant; rows are only added."""

    async def add_all(self, verdicts: Sequence[NewVerdict]) -> None:
        """Write verdicts down in one statement."""
        await self._insert(GuardVerdict, [row_of(each) | {"id": new_id()} for each in verdicts])

    async def list(
        self, limit: int = 100, offset: int = 0, wanted: VerdictFilter = EVERYTHING
    ) -> Sequence[GuardVerdict]:
        """Return verdicts, newest first."""
        order = (GuardVerdict.created_at.desc(), GuardVerdict.id)
        return await self._all(_matching(wanted).order_by(*order).limit(limit).offset(offset))

    async def count(self, wanted: VerdictFilter = EVERYTHING) -> int:
        """Count verdicts."""
        query = _matching(wanted).with_only_columns(func.count(GuardVerdict.id))
        return int((await self._session.execute(query)).scalar_one())


def _matching(wanted: VerdictFilter) -> Select[GuardVerdict]:
    query = select(GuardVerdict)
    for column, value in (
        (GuardVerdict.stage, wanted.stage),
        (GuardVerdict.action, wanted.action),
        (GuardVerdict.trace_id, wanted.trace_id),
        (GuardVerdict.conversation_id, wanted.conversation_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.rule is not None:
        within = GuardVerdict.rule.startswith(f"{wanted.rule}.", autoescape=True)
        query = query.where(or_(GuardVerdict.rule == wanted.rule, within))
    if wanted.since is not None:
        query = query.where(GuardVerdict.created_at >= wanted.since)
    return query
