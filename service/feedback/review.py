"""Turns votes into candidates, and candidates into golden rows when a person agrees."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from data.columns import now
from data.database import Database
from data.models import CandidateState, GoldenCandidate, SearchEvent, Signal, SignalKind
from data.values import NewCandidate
from providers.principal import Principal
from service.errors import CandidateNotFoundError, CandidateUnusableError
from service.feedback.search_log import SearchLog
from service.feedback.settings import FeedbackSettings
from service.feedback.shapes import AcceptBody, CandidatePage, CandidateRead, Collected
from service.feedback.signals import require_admin
from service.upkeep.tenants import system_principals

log = structlog.get_logger("cicerone.feedback")
_BATCH = 1000


class Review:
    """The review queue of a tenant; nothing that it holds changes a ranking by itself."""

    def __init__(self, database: Database, searches: SearchLog, settings: FeedbackSettings) -> None:
        self._database = database
        self._searches = searches
        self._settings = settings

    async def collect(self, principal: Principal) -> Collected:
        """Make candidates of the votes since the last time, and forget old searches.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        require_admin(principal)
        await self._searches.flush()
        old = datetime.now(UTC) - timedelta(days=self._settings.keep_days)
        async with self._database.begin(principal) as tx:
            votes = await tx.feedback.uncollected(_BATCH)
            asked = {vote.trace_id: await tx.feedback.search(vote.trace_id) for vote in votes}
            candidates = [
                candidate
                for vote in votes
                if (candidate := _candidate(vote, asked[vote.trace_id])) is not None
            ]
            made = await tx.feedback.add_candidates(candidates)
            await tx.feedback.collected([vote.id for vote in votes])
            forgotten = await tx.feedback.forget_searches(old)
            await tx.audit.add("feedback.collected", detail={"votes": len(votes), "made": made})
        return Collected(votes=len(votes), candidates=made, forgotten=forgotten)

    async def collect_all(self) -> None:
        """Do as `collect` for every tenant: the nightly job."""
        for principal in await system_principals(self._database):
            done = await self.collect(principal)
            log.info("feedback.collected", tenant=principal.tenant_id, **done.model_dump())

    async def queue(
        self, principal: Principal, *, state: CandidateState | None, limit: int, offset: int
    ) -> CandidatePage:
        """List candidates, oldest first.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        require_admin(principal)
        async with self._database.begin(principal, read_only=True) as tx:
            rows, total = await tx.feedback.candidates(state, limit, offset)
        return CandidatePage(candidates=_read(rows), total=total)

    async def accept(self, principal: Principal, id: str, body: AcceptBody) -> CandidateRead:
        """Make a candidate a golden row; what the body says is mended first.

        Raises:
            ForbiddenError: the principal is no administrator.
            CandidateNotFoundError: the tenant has no such candidate.
            CandidateUnusableError: it is answerable and has no answer.
        """
        return await self._decide(principal, id, CandidateState.ACCEPTED, body)

    async def reject(self, principal: Principal, id: str) -> CandidateRead:
        """Leave a candidate out of the golden set; it is not suggested again.

        Raises:
            ForbiddenError: the principal is no administrator.
            CandidateNotFoundError: the tenant has no such candidate.
        """
        return await self._decide(principal, id, CandidateState.REJECTED, AcceptBody())

    async def _decide(
        self, principal: Principal, id: str, state: CandidateState, body: AcceptBody
    ) -> CandidateRead:
        require_admin(principal)
        async with self._database.begin(principal) as tx:
            row = await tx.feedback.candidate(id)
            if row is None:
                raise CandidateNotFoundError(
                    f"no candidate {id!r}; `cicerone feedback list` shows them"
                )
            for name, value in body.model_dump(exclude_none=True).items():
                setattr(row, name, value)
            if state is CandidateState.ACCEPTED:
                _require_usable(row)
            row.state, row.decided_by, row.decided_at = state, principal.subject, now()
            await tx.audit.add(f"golden.{state.value}", target=row.id)
            return CandidateRead.model_validate(row)


def _require_usable(row: GoldenCandidate) -> None:
    if not row.answerable:
        row.answer = row.document = row.page = None
    elif not row.answer:
        raise CandidateUnusableError(
            "a golden row needs the right answer: give one, or say that the documents have none"
        )


def _candidate(vote: Signal, asked: SearchEvent | None) -> NewCandidate | None:
    """Return what a vote suggests; None when nothing says what was asked."""
    if asked is None or asked.kind != "answer":
        return None
    liked = vote.kind is SignalKind.UP
    right = asked.answer if liked and not asked.abstained else None
    place = asked.cited[0] if asked.cited and liked else {}
    said = f": {vote.comment}" if vote.comment else ""
    return NewCandidate(
        fingerprint=_fingerprint(asked.collection, asked.query),
        collection=asked.collection,
        question=asked.query,
        answer=vote.correction or right,
        # A liked abstention says that the documents have no answer; a disliked one that they do.
        answerable=vote.correction is not None or not (liked and asked.abstained),
        document=place.get("source"),
        page=place.get("page"),
        why=("thumbs up" if liked else "thumbs down") + said,
        trace_id=asked.trace_id,
    )


def _fingerprint(collection: str, question: str) -> str:
    words = " ".join(question.casefold().split())
    return hashlib.sha256(f"{collection}\0{words}".encode()).hexdigest()


def _read(rows: Sequence[GoldenCandidate]) -> list[CandidateRead]:
    return [CandidateRead.model_validate(row) for row in rows]
