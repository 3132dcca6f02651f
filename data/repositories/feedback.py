"""Where feedback, searches and golden candidates are kept."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, select, update

from data.columns import now
from data.models import CandidateState, GoldenCandidate, SearchEvent, Signal
from data.repositories.base import Repository, new_id, row_of
from data.values import NewCandidate, NewSearchEvent, NewSignal


class FeedbackRepository(Repository):
    """The feedback of a tenant."""

    async def add_searches(self, events: Sequence[NewSearchEvent]) -> None:
        """Write down searches and answers; a trace is written once."""
        await self._insert(SearchEvent, [row_of(each) for each in events], ignore=True)

    async def search(self, trace_id: str) -> SearchEvent | None:
        """Return what was asked in a trace."""
        return await self._one(select(SearchEvent).where(SearchEvent.trace_id == trace_id))

    async def searches(
        self, since: datetime, limit: int, *, subject: str | None = None
    ) -> Sequence[SearchEvent]:
        """Return searches since a moment, oldest first."""
        query = select(SearchEvent).where(SearchEvent.created_at >= since)
        if subject is not None:
            query = query.where(SearchEvent.subject == subject)
        return await self._all(query.order_by(SearchEvent.created_at).limit(limit))

    async def forget_searches(self, before: datetime) -> int:
        """Remove searches that are older than a moment."""
        return await self._change(delete(SearchEvent).where(SearchEvent.created_at < before))

    async def add(self, signal: NewSignal) -> Signal:
        """Write feedback down."""
        row = Signal(id=new_id(), subject=self._principal.subject, **asdict(signal))
        await self._add(row)
        return row

    async def replace_vote(self, signal: NewSignal) -> Signal:
        """Write a thumb down in place of the one that the same person gave before."""
        mine = (Signal.trace_id == signal.trace_id, Signal.subject == self._principal.subject)
        await self._change(delete(Signal).where(*mine, Signal.kind.in_(["up", "down"])))
        return await self.add(signal)

    async def list(
        self, limit: int = 100, offset: int = 0, *, kind: str | None = None
    ) -> tuple[Sequence[Signal], int]:
        """Return a page of feedback, newest first, and how much there is."""
        query = select(Signal)
        if kind is not None:
            query = query.where(Signal.kind == kind)
        count = await self._session.execute(query.with_only_columns(func.count(Signal.id)))
        order = (Signal.created_at.desc(), Signal.id)
        rows = await self._all(query.order_by(*order).limit(limit).offset(offset))
        return rows, int(count.scalar_one())

    async def since(self, moment: datetime, limit: int) -> Sequence[Signal]:
        """Return feedback since a moment, oldest first."""
        query = select(Signal).where(Signal.created_at >= moment)
        return await self._all(query.order_by(Signal.created_at).limit(limit))

    async def uncollected(self, limit: int) -> Sequence[Signal]:
        """Return votes that no candidate was made of yet, oldest first."""
        query = select(Signal).where(Signal.collected_at.is_(None), Signal.kind.in_(["up", "down"]))
        return await self._all(query.order_by(Signal.created_at).limit(limit))

    async def collected(self, ids: Sequence[str]) -> None:
        """Note that feedback was made use of."""
        await self._change(update(Signal).where(Signal.id.in_(ids)).values(collected_at=now()))

    async def add_candidates(self, candidates: Sequence[NewCandidate]) -> int:
        """Suggest golden rows; a question that was suggested before stays as it is.

        Returns:
            How many are new.
        """
        prints = [each.fingerprint for each in candidates]
        known = select(GoldenCandidate).where(GoldenCandidate.fingerprint.in_(prints))
        before = {row.fingerprint for row in await self._all(known)}
        fresh = {c.fingerprint: c for c in candidates if c.fingerprint not in before}
        rows = [asdict(c) | {"id": new_id(), "state": "pending"} for c in fresh.values()]
        await self._insert(GoldenCandidate, rows, ignore=True)
        return len(rows)

    async def candidate(self, id: str) -> GoldenCandidate | None:
        """Return the candidate with that id."""
        return await self._one(select(GoldenCandidate).where(GoldenCandidate.id == id))

    async def candidates(
        self, state: CandidateState | None = None, limit: int = 100, offset: int = 0
    ) -> tuple[Sequence[GoldenCandidate], int]:
        """Return a page of candidates, oldest first, and how many there are."""
        query = select(GoldenCandidate)
        if state is not None:
            query = query.where(GoldenCandidate.state == state)
        count = await self._session.execute(query.with_only_columns(func.count(GoldenCandidate.id)))
        order = (GoldenCandidate.created_at, GoldenCandidate.id)
        rows = await self._all(query.order_by(*order).limit(limit).offset(offset))
        return rows, int(count.scalar_one())
