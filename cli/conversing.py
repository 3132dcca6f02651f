"""What the commands about conversations need of the service, wherever it runs."""

from typing import Protocol

from service.conversation_schemas import (
    ConversationFull,
    ConversationPage,
    ConversationRead,
    ExportFormat,
)


class ConversationCalls(Protocol):
    """The conversations of whoever asks."""

    async def page(
        self, *, text: str | None, deleted: bool, everybody: bool, limit: int, offset: int
    ) -> ConversationPage:
        """List conversations."""
        ...

    async def show(self, conversation_id: str) -> ConversationFull:
        """Show a conversation with its turns."""
        ...

    async def export(self, conversation_id: str, form: ExportFormat) -> str:
        """Return a conversation as the text of a file."""
        ...

    async def rename(self, conversation_id: str, title: str) -> ConversationRead:
        """Give a conversation another title."""
        ...

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation."""
        ...

    async def restore(self, conversation_id: str) -> ConversationRead:
        """Bring a deleted conversation back."""
        ...
