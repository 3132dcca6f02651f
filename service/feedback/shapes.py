"""What the service says of feedback."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from data.models import CandidateState, SignalKind
from service.schemas import Request, Shape

MAX_COMMENT_CHARS = 4000
_Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_COMMENT_CHARS)
]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class FeedbackBody(Request):
    """Feedback on an answer or search of yours, named by its trace or its message.

    `correction` is what the answer should have been. A click says which document was opened,
    and at which rank (from 1) it stood.
    """

    trace_id: _Id | None = None
    message_id: _Id | None = None
    kind: SignalKind
    comment: _Text | None = None
    correction: _Text | None = None
    document_id: _Id | None = None
    chunk_id: _Id | None = None
    rank: int | None = Field(default=None, ge=1, le=1000)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.trace_id is None) == (self.message_id is None):
            raise ValueError("name the answer by trace_id or by message_id, and not by both")
        return self


class FeedbackRead(Shape):
    """Feedback as it is kept."""

    id: str
    trace_id: str
    subject: str
    kind: SignalKind
    comment: str | None
    correction: str | None
    document_id: str | None
    chunk_id: str | None
    rank: int | None
    created_at: datetime
    collected_at: datetime | None


class FeedbackPage(Shape):
    """A page of feedback, newest first."""

    feedback: list[FeedbackRead]
    total: int


class CandidateRead(Shape):
    """A question that feedback suggests for the golden set; an accepted one belongs to it."""

    id: str
    collection: str
    question: str
    answer: str | None
    answerable: bool
    document: str | None
    page: int | None
    state: CandidateState
    why: str
    trace_id: str | None
    created_at: datetime
    decided_by: str | None
    decided_at: datetime | None


class CandidatePage(Shape):
    """A page of candidates, oldest first."""

    candidates: list[CandidateRead]
    total: int


class AcceptBody(Request):
    """What a person mends of a candidate before it becomes a golden row."""

    question: _Text | None = None
    answer: _Text | None = None
    answerable: bool | None = None
    document: _Text | None = None
    page: int | None = Field(default=None, ge=1)


class Collected(Shape):
    """What became of the votes since the last time."""

    votes: int
    candidates: int
    forgotten: int = 0


class QueryCount(Shape):
    """A question and how often it was asked; `clicked` is the share (0..1) with a click."""

    query: str
    times: int
    clicked: float


class SearchAnalytics(Shape):
    """How searches went in some days.

    Rates lie in 0..1 and are null without searches. A null result is a search without passages
    or an answer that abstained; a reformulation is a question that the same person asked again
    in other words within five minutes. Seconds to the first click are a median.
    """

    days: int
    searches: int
    null_results: int
    null_rate: float | None
    click_through_rate: float | None
    reformulation_rate: float | None
    seconds_to_click: float | None
    copies: int
    up: int
    down: int
    top_queries: list[QueryCount]
    top_null_queries: list[QueryCount]
