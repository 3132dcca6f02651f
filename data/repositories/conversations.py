"""Where conversations are kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from data.columns import now
from data.errors import RowNotFoundError
from data.models import Conversation, Message
from data.repositories.base import Repository, new_id


class ConversationRepository(Repository):
    """The conversations of a tenant."""

    async def ensure(
        self, conversation_id: str | None = None, *, title: str | None = None
    ) -> Conversation:
        """Return the conversation with that id, begun when there is none.

        A deleted one begins anew, without its messages. None gives a new id.

        Args:
            conversation_id: Chosen by the caller, unique in its tenant.
            title: What to call it when it begins.
        """
        id = conversation_id or new_id()
        found = await self.get(id)
        if found is not None:
            return found
        row = {"id": id, "subject": self._principal.subject, "title": title}
        await self._insert(Conversation, [row], ignore=True)
        begun = await self._one(select(Conversation).where(Conversation.id == id), deleted=True)
        if begun is None:
            raise RowNotFoundError(f"the conversation {id!r} could not be begun")
        if begun.deleted_at is not None:
            begun.deleted_at = None
            begun.subject, begun.title = self._principal.subject, title
            await self._session.flush()
        return begun

    async def get(self, conversation_id: str) -> Conversation | None:
        """Return the conversation with that id."""
        return await self._one(select(Conversation).where(Conversation.id == conversation_id))

    async def list(
        self, limit: int = 50, offset: int = 0, *, subject: str | None = None
    ) -> Sequence[Conversation]:
        """Return conversations, the one that moved last first; `subject` keeps one person's."""
        query = select(Conversation)
        if subject is not None:
            query = query.where(Conversation.subject == subject)
        order = (Conversation.updated_at.desc(), Conversation.id)
        return await self._all(query.order_by(*order).limit(limit).offset(offset))

    async def append(
        self,
        conversation_id: str,
        role: str,
        content: str,
        *,
        citations: Sequence[Mapping[str, Any]] = (),
        trace_id: str | None = None,
    ) -> Message:
        """Add a turn at the end.

        Raises:
            RowNotFoundError: The tenant has no such conversation.
        """
        counter = (
            update(Conversation)
            .where(Conversation.id == conversation_id)
            .values(last_sequence=Conversation.last_sequence + 1, updated_at=now())
            .returning(Conversation.last_sequence)
        )
        options = {"synchronize_session": False}
        result = await self._session.execute(counter, execution_options=options)
        sequence = result.scalar_one_or_none()
        if sequence is None:
            raise RowNotFoundError(f"no conversation {conversation_id}")
        message = Message(
            conversation_id=conversation_id,
            sequence=sequence,
            id=new_id(),
            role=role,
            content=content,
            citations=[dict(citation) for citation in citations],
            trace_id=trace_id,
        )
        await self._add(message)
        return message

    async def messages(self, conversation_id: str, limit: int = 100) -> Sequence[Message]:
        """Return the last turns, oldest first."""
        query = (
            select(Message)
            .where(Message.conversation_id == conversation_id)
            .order_by(Message.sequence.desc())
            .limit(limit)
        )
        return (await self._all(query))[::-1]

    async def soft_delete(self, conversation_id: str) -> bool:
        """Make a conversation and its messages unfindable; tell whether there was one."""
        moment = now()
        gone = await self._change(
            update(Conversation).where(Conversation.id == conversation_id).values(deleted_at=moment)
        )
        await self._change(
            update(Message)
            .where(Message.conversation_id == conversation_id)
            .values(deleted_at=moment)
        )
        return gone > 0
