"""Conversations of a home that no server owns."""

from providers.principal import Principal
from service.container import Container
from service.conversation_export import export
from service.conversation_schemas import (
    ConversationFull,
    ConversationPage,
    ConversationRead,
    ExportFormat,
)


class LocalConversations:
    """Calls the service in this process."""

    def __init__(self, container: Container, principal: Principal) -> None:
        self._conversations = container.conversations
        self._principal = principal

    async def page(
        self, *, text: str | None, deleted: bool, everybody: bool, limit: int, offset: int
    ) -> ConversationPage:
        """List conversations."""
        return await self._conversations.page(
            self._principal,
            text=text,
            deleted=deleted,
            everybody=everybody,
            limit=limit,
            offset=offset,
        )

    async def show(self, conversation_id: str) -> ConversationFull:
        """Show a conversation with its turns."""
        return await self._conversations.show(self._principal, conversation_id)

    async def export(self, conversation_id: str, form: ExportFormat) -> str:
        """Return a conversation as the text of a file."""
        return export(await self.show(conversation_id), form)

    async def rename(self, conversation_id: str, title: str) -> ConversationRead:
        """Give a conversation another title."""
        return await self._conversations.rename(self._principal, conversation_id, title)

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation."""
        await self._conversations.delete(self._principal, conversation_id)

    async def restore(self, conversation_id: str) -> ConversationRead:
        """Bring a deleted conversation back."""
        return await self._conversations.restore(self._principal, conversation_id)
