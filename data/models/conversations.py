"""What was said."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from data.columns import Id, now
from data.models.base import Owned

CONVERSATION_ID_CHARS = 64
"""A caller may choose the id of its conversation; it is unique within the tenant."""


class Conversation(Owned):
    """A thread of messages, begun by `subject`.

    `summary` says what was said in the messages up to the one numbered `summarised_until`; the
    messages themselves stay.
    """

    __tablename__ = "conversations"
    __table_args__ = (Index(None, "tenant_id", "subject", "updated_at"),)

    id: Mapped[str] = mapped_column(String(CONVERSATION_ID_CHARS), primary_key=True)
    subject: Mapped[str]
    title: Mapped[str | None] = mapped_column(Text)
    last_sequence: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    summary: Mapped[str | None] = mapped_column(Text)
    summarised_until: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Message(Owned):
    """One turn; `citations` are those of the answer, as the service shows them."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "conversation_id"], ["conversations.tenant_id", "conversations.id"]
        ),
        Index(None, "tenant_id", "id"),
    )

    conversation_id: Mapped[str] = mapped_column(String(CONVERSATION_ID_CHARS), primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(Text)
    citations: Mapped[list[dict[str, Any]]]
    trace_id: Mapped[str | None] = mapped_column(String(64))
