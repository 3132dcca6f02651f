"""What guards decided."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id
from data.models.base import Owned
from data.models.conversations import CONVERSATION_ID_CHARS


class GuardVerdict(Owned):
    """One decision of a guard; `score` lies in 0..1.

    Document, chunk and conversation are named and not referred to: the row outlives them. It
    holds no text of a question, passage or answer.
    """

    __tablename__ = "guard_verdicts"
    __table_args__ = (
        Index(None, "tenant_id", "created_at"),
        Index(None, "tenant_id", "trace_id"),
        Index(None, "tenant_id", "rule", "created_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    rule: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(16))
    score: Mapped[float]
    message: Mapped[str] = mapped_column(Text)
    collection: Mapped[str | None]
    document_id: Mapped[str | None] = mapped_column(Id)
    chunk_id: Mapped[str | None] = mapped_column(Id)
    trace_id: Mapped[str | None] = mapped_column(String(64))
    conversation_id: Mapped[str | None] = mapped_column(String(CONVERSATION_ID_CHARS))
