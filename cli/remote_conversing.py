"""Conversations of a home that a running server owns."""

from cli.remote_upkeep import Send
from service.conversation_schemas import (
    ConversationFull,
    ConversationPage,
    ConversationRead,
    ExportFormat,
)

_PATH = "/api/conversations"


class RemoteConversations:
    """Speaks the native API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def page(
        self, *, text: str | None, deleted: bool, everybody: bool, limit: int, offset: int
    ) -> ConversationPage:
        """List conversations."""
        params = {"deleted": deleted, "everybody": everybody, "limit": limit, "offset": offset}
        asked = params if text is None else {**params, "q": text}
        response = await self._send("GET", _PATH, params=asked)
        return ConversationPage.model_validate_json(response.content)

    async def show(self, conversation_id: str) -> ConversationFull:
        """Show a conversation with its turns."""
        response = await self._send("GET", f"{_PATH}/{conversation_id}")
        return ConversationFull.model_validate_json(response.content)

    async def export(self, conversation_id: str, form: ExportFormat) -> str:
        """Return a conversation as the text of a file."""
        params = {"format": form.value}
        response = await self._send("GET", f"{_PATH}/{conversation_id}/export", params=params)
        return response.content.decode()

    async def rename(self, conversation_id: str, title: str) -> ConversationRead:
        """Give a conversation another title."""
        response = await self._send("PATCH", f"{_PATH}/{conversation_id}", json={"title": title})
        return ConversationRead.model_validate_json(response.content)

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation."""
        await self._send("DELETE", f"{_PATH}/{conversation_id}")

    async def restore(self, conversation_id: str) -> ConversationRead:
        """Bring a deleted conversation back."""
        response = await self._send("POST", f"{_PATH}/{conversation_id}/restore")
        return ConversationRead.model_validate_json(response.content)
