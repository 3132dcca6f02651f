"""What the service says of conversations."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from service.schemas import Citation, Request, Shape

MAX_TITLE_CHARS = 200
Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE_CHARS)
]


class ExportFormat(StrEnum):
    """How a conversation is written into a file."""

    JSON = "json"
    MARKDOWN = "markdown"


class RenameRequest(Request):
    """Give a conversation another title."""

    title: Title


class ConversationRead(Shape):
    """A conversation in a list; `subject` began it, `messages` counts questions and answers."""

    conversation_id: str
    title: str
    subject: str
    messages: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class ConversationPage(Shape):
    """A page of a listing; `total` counts all that match."""

    conversations: list[ConversationRead]
    total: int


class MessageRead(Shape):
    """One turn; `citations` are those of an answer as it was given, whatever changed since."""

    message_id: str
    sequence: int
    role: str
    content: str
    citations: list[Citation]
    trace_id: str | None
    created_at: datetime


class ConversationFull(ConversationRead):
    """A conversation with all its turns, oldest first; `summary` is what later turns go by."""

    summary: str | None = None
    turns: list[MessageRead] = Field(default_factory=list)
