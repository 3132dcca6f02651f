"""Conversations: who may see them, what they say, and how they are carried on."""

from collections.abc import Sequence

from data.database import Database, Transaction
from data.models import Conversation, Message
from data.values import ConversationFilter, History
from graphs.errors import ConversationNotFoundError
from providers.principal import Principal, Role
from providers.types import ChatMessage, ChatRole
from service.conversation_schemas import (
    ConversationFull,
    ConversationPage,
    ConversationRead,
    MessageRead,
)
from service.errors import ForbiddenError
from service.schemas import AskRequest, Citation

HISTORY_TURNS = 10
"""Most earlier messages that a question is read with."""
MAX_MESSAGES = 10_000
"""Most messages of a conversation that are shown or exported, the last ones."""
UNTITLED = "Untitled"
_SUMMARY = "Earlier in this conversation:\n{summary}"


class Conversations:
    """The conversations of a principal; an administrator may see those of others, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, principal: Principal, request: AskRequest) -> tuple[ChatMessage, ...]:
        """Return the earlier turns that a question is read with, oldest first.

        Turns that come with the request win over those that are kept. A summary comes first,
        as a turn of the assistant: it holds what people said and must not pass for a rule.

        Raises:
            ConversationNotFoundError: the conversation is somebody else's.
        """
        kept = History()
        if request.conversation_id is not None:
            kept = await self._kept(principal, request.conversation_id)
        if request.history is not None:
            said = request.history[-HISTORY_TURNS:]
            return tuple(ChatMessage(role=ChatRole(t.role), content=t.content) for t in said)
        if kept.summary is None:
            return kept.messages
        summary = _SUMMARY.format(summary=kept.summary)
        return (ChatMessage(role=ChatRole.ASSISTANT, content=summary), *kept.messages)

    async def _kept(self, principal: Principal, conversation_id: str) -> History:
        async with self._database.begin(principal, read_only=True) as tx:
            if await tx.conversations.is_taken(conversation_id):
                raise _not_found(conversation_id)
            return await tx.conversations.history(conversation_id, HISTORY_TURNS)

    async def page(
        self,
        principal: Principal,
        *,
        text: str | None = None,
        deleted: bool = False,
        everybody: bool = False,
        limit: int = 50,
        offset: int = 0,
    ) -> ConversationPage:
        """List conversations, the one that moved last first.

        Args:
            principal: Who asks; without `everybody`, whose they are.
            text: Stands in the title or in a message.
            deleted: List those that can be restored.
            everybody: List those of the whole tenant.
            limit: Most to return.
            offset: How many to leave out before them.

        Raises:
            ForbiddenError: `everybody` is for administrators.
        """
        if everybody and not principal.may(Role.ADMIN):
            raise ForbiddenError("other people's conversations are for the role 'admin'")
        subject = None if everybody else principal.subject
        wanted = ConversationFilter(text=text, subject=subject, deleted=deleted)
        async with self._database.begin(principal, read_only=True) as tx:
            rows, total = await tx.conversations.list(limit, offset, wanted)
            sizes = await tx.conversations.sizes([row.id for row in rows], deleted=deleted)
        shown = [_read(row, sizes.get(row.id, 0)) for row in rows]
        return ConversationPage(conversations=shown, total=total)

    async def show(self, principal: Principal, conversation_id: str) -> ConversationFull:
        """Show a conversation with its turns.

        Raises:
            ConversationNotFoundError: there is none, or it is somebody else's.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            row = await _get(tx, conversation_id)
            turns = await tx.conversations.messages(conversation_id, MAX_MESSAGES)
        return _full(row, turns)

    async def rename(
        self, principal: Principal, conversation_id: str, title: str
    ) -> ConversationRead:
        """Give a conversation another title.

        Raises:
            ConversationNotFoundError: there is none, or it is somebody else's.
        """
        async with self._database.begin(principal) as tx:
            if not await tx.conversations.rename(conversation_id, title):
                raise _not_found(conversation_id)
            return await _shown(tx, conversation_id)

    async def delete(self, principal: Principal, conversation_id: str) -> None:
        """Delete a conversation; it can be restored.

        Raises:
            ConversationNotFoundError: there is none, or it is somebody else's.
        """
        async with self._database.begin(principal) as tx:
            if not await tx.conversations.soft_delete(conversation_id):
                raise _not_found(conversation_id)
            await tx.audit.add("conversation.deleted", conversation_id)

    async def restore(self, principal: Principal, conversation_id: str) -> ConversationRead:
        """Bring a deleted conversation back.

        Raises:
            ConversationNotFoundError: there is no deleted one, or it is somebody else's.
        """
        async with self._database.begin(principal) as tx:
            if not await tx.conversations.restore(conversation_id):
                raise _not_found(conversation_id)
            await tx.audit.add("conversation.restored", conversation_id)
            return await _shown(tx, conversation_id)


async def _get(tx: Transaction, conversation_id: str) -> Conversation:
    row = await tx.conversations.get(conversation_id)
    if row is None:
        raise _not_found(conversation_id)
    return row


async def _shown(tx: Transaction, conversation_id: str) -> ConversationRead:
    row = await _get(tx, conversation_id)
    sizes = await tx.conversations.sizes([conversation_id])
    return _read(row, sizes.get(conversation_id, 0))


def _not_found(conversation_id: str) -> ConversationNotFoundError:
    return ConversationNotFoundError(f"no conversation {conversation_id!r}")


def _read(row: Conversation, messages: int) -> ConversationRead:
    return ConversationRead(
        conversation_id=row.id,
        title=row.title or UNTITLED,
        subject=row.subject,
        messages=messages,
        created_at=row.created_at,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


def _full(row: Conversation, turns: Sequence[Message]) -> ConversationFull:
    return ConversationFull(
        **_read(row, len(turns)).model_dump(),
        summary=row.summary,
        turns=[_turn(turn) for turn in turns],
    )


def _turn(row: Message) -> MessageRead:
    return MessageRead(
        message_id=row.id,
        sequence=row.sequence,
        role=row.role,
        content=row.content,
        citations=[Citation.model_validate(citation) for citation in row.citations],
        trace_id=row.trace_id,
        created_at=row.created_at,
    )
