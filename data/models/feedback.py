"""What people made of answers, and the questions that came of it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, Json, word
from data.models.base import Owned
from data.models.conversations import CONVERSATION_ID_CHARS


class SignalKind(StrEnum):
    """What somebody did with an answer or a search; the last three say it without words."""

    UP = "up"
    DOWN = "down"
    CLICK = "click"
    COPY = "copy"
    REFORMULATION = "reformulation"


class CandidateState(StrEnum):
    """Where a candidate stands; an accepted one is a golden row."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class SearchEvent(Owned):
    """A question or search, and what came of it; one a trace.

    `hits` counts passages, `cited` lists source and page of the answer's citations. It is
    removed after the days that the settings keep it.
    """

    __tablename__ = "search_events"
    __table_args__ = (Index(None, "tenant_id", "created_at"),)

    trace_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[str]
    kind: Mapped[str] = mapped_column(String(16))
    collection: Mapped[str]
    conversation_id: Mapped[str | None] = mapped_column(String(CONVERSATION_ID_CHARS))
    query: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    hits: Mapped[int]
    abstained: Mapped[bool]
    cited: Mapped[list[dict[str, Any]]] = mapped_column(Json)


class Signal(Owned):
    """Feedback of a person on a trace of theirs; `collected_at` says when it was made use of."""

    __tablename__ = "feedback"
    __table_args__ = (
        Index(None, "tenant_id", "created_at"),
        Index(None, "tenant_id", "trace_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    trace_id: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str]
    kind: Mapped[SignalKind] = mapped_column(word(SignalKind))
    comment: Mapped[str | None] = mapped_column(Text)
    correction: Mapped[str | None] = mapped_column(Text)
    document_id: Mapped[str | None] = mapped_column(Id)
    chunk_id: Mapped[str | None] = mapped_column(Id)
    rank: Mapped[int | None]
    collected_at: Mapped[datetime | None]


class GoldenCandidate(Owned):
    """A question that feedback suggests for the golden set; `fingerprint` makes it the only one.

    `document` and `page` are the place that proves the answer, `why` says what suggested it.
    """

    __tablename__ = "golden_candidates"
    __table_args__ = (
        UniqueConstraint("tenant_id", "fingerprint"),
        Index(None, "tenant_id", "state", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    collection: Mapped[str]
    question: Mapped[str] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)
    answerable: Mapped[bool]
    document: Mapped[str | None] = mapped_column(Text)
    page: Mapped[int | None]
    state: Mapped[CandidateState] = mapped_column(
        word(CandidateState), default=CandidateState.PENDING
    )
    why: Mapped[str] = mapped_column(Text)
    trace_id: Mapped[str | None] = mapped_column(String(64))
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
