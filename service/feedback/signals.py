"""Takes feedback: only on what the same person asked."""

from data.database import Database, Transaction
from data.models import SignalKind
from data.values import NewSignal
from providers.principal import Principal, Role
from service.errors import AnswerNotFoundError, ForbiddenError
from service.feedback.search_log import SearchLog
from service.feedback.shapes import FeedbackBody, FeedbackPage, FeedbackRead
from service.tracing.masking import masked

_VOTES = {SignalKind.UP, SignalKind.DOWN}


class Signals:
    """The feedback of a tenant's people."""

    def __init__(self, database: Database, searches: SearchLog) -> None:
        self._database = database
        self._searches = searches

    async def give(self, principal: Principal, body: FeedbackBody) -> FeedbackRead:
        """Keep feedback; a second thumb replaces the first one.

        What is personal in a comment is masked, as in traces. A correction is kept as it is:
        it may become a golden answer, and the right answer may be an address.

        Raises:
            AnswerNotFoundError: there is no such answer, or it was somebody else's.
        """
        await self._searches.flush()
        async with self._database.begin(principal) as tx:
            trace_id = await _trace_of(tx, principal, body)
            signal = NewSignal(
                trace_id=trace_id,
                kind=body.kind,
                comment=None if body.comment is None else masked(body.comment),
                **body.model_dump(exclude={"trace_id", "message_id", "kind", "comment"}),
            )
            write = tx.feedback.replace_vote if body.kind in _VOTES else tx.feedback.add
            return FeedbackRead.model_validate(await write(signal))

    async def page(
        self, principal: Principal, *, kind: SignalKind | None, limit: int, offset: int
    ) -> FeedbackPage:
        """List the tenant's feedback, newest first.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        require_admin(principal)
        async with self._database.begin(principal, read_only=True) as tx:
            rows, total = await tx.feedback.list(limit, offset, kind=kind)
        return FeedbackPage(feedback=[FeedbackRead.model_validate(r) for r in rows], total=total)


def require_admin(principal: Principal) -> None:
    """Refuse whoever is no administrator: what others asked is not everybody's business.

    Raises:
        ForbiddenError: the principal is no administrator.
    """
    if not principal.may(Role.ADMIN):
        raise ForbiddenError("feedback of others is for principals with the role 'admin'")


async def _trace_of(tx: Transaction, principal: Principal, body: FeedbackBody) -> str:
    trace_id = body.trace_id
    if body.message_id is not None:
        trace_id = await tx.conversations.trace_of(body.message_id)
    asked = await tx.feedback.search(trace_id) if trace_id else None
    if asked is None or asked.subject != principal.subject:
        named = body.message_id or body.trace_id
        raise AnswerNotFoundError(
            f"no answer {named!r} was given to you; use the trace_id of an answer that you got"
        )
    return asked.trace_id
