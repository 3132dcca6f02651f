"""Where conversations are kept; each belongs to the one who began it."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, update

from data.columns import now
from data.errors import RowNotFoundError
from data.models import Conversation, Message
from data.repositories.base import Repository, new_id
from data.scope import INCLUDE_DELETED
from data.values import ConversationFilter, History
from providers.principal import Role
from providers.types import ChatMessage, ChatRole

EVERY_CONVERSATION = ConversationFilter()
"""All conversations that the principal may see."""


class ConversationRepository(Repository):
    """The conversations of a principal; an administrator sees those of the whole tenant."""

    async def ensure(
        self, conversation_id: str | None = None, *, title: str | None = None
    ) -> Conversation:
        """Return the conversation with that id, begun when there is none.

        A deleted one begins anew, without its messages. None gives a new id.

        Args:
            conversation_id: Chosen by the caller, unique in its tenant.
            title: What to call it when it begins.

        Raises:
            RowNotFoundError: It belongs to somebody else.
        """
        id = conversation_id or new_id()
        row = {"id": id, "subject": self._principal.subject, "title": title}
        await self._insert(Conversation, [row], ignore=True)
        found = await self._one(select(Conversation).where(Conversation.id == id), deleted=True)
        if found is None or not self._may_see(found):
            raise RowNotFoundError(f"no conversation {id!r}")
        if found.deleted_at is not None:
            found.deleted_at = found.summary = None
            found.summarised_until = found.last_sequence
            found.subject, found.title = self._principal.subject, title
            await self._session.flush()
        return found

    async def get(self, conversation_id: str, *, deleted: bool = False) -> Conversation | None:
        """Return the conversation with that id, if the principal may see it.

        Args:
            conversation_id: Which one.
            deleted: Return it only if it is deleted; otherwise only if it is not.
        """
        query = select(Conversation).where(Conversation.id == conversation_id, *self._mine())
        if deleted:
            query = query.where(Conversation.deleted_at.is_not(None))
        return await self._one(query, deleted=deleted)

    async def is_taken(self, conversation_id: str) -> bool:
        """Tell whether somebody else has a conversation with that id, deleted or not."""
        query = select(Conversation).where(Conversation.id == conversation_id)
        found = await self._one(query, deleted=True)
        return found is not None and not self._may_see(found)

    async def list(
        self, limit: int = 50, offset: int = 0, wanted: ConversationFilter = EVERY_CONVERSATION
    ) -> tuple[Sequence[Conversation], int]:
        """Return a page of conversations, the one that moved last first, and how many there are."""
        query = select(Conversation).where(*self._mine(), *_matching(wanted))
        count = query.with_only_columns(func.count(Conversation.id))
        options: Mapping[str, Any] = INCLUDE_DELETED if wanted.deleted else {}
        total = await self._session.execute(count, execution_options=options)
        order = (Conversation.updated_at.desc(), Conversation.id)
        page = query.order_by(*order).limit(limit).offset(offset)
        return await self._all(page, deleted=wanted.deleted), total.scalar_one()

    async def sizes(self, ids: Sequence[str], *, deleted: bool = False) -> dict[str, int]:
        """Count the messages of conversations; one without messages is left out."""
        query = (
            select(Message.conversation_id, func.count())
            .where(Message.conversation_id.in_(ids))
            .group_by(Message.conversation_id)
        )
        options: Mapping[str, Any] = INCLUDE_DELETED if deleted else {}
        rows = await self._session.execute(query, execution_options=options)
        return {id: count for id, count in rows.all()}

    async def append(
        self,
        conversation_id: str,
        role: str,
        content: str,
        *,
        citations: Sequence[Mapping[str, Any]] = (),
        trace_id: str | None = None,
    ) -> Message:
        """Add a turn at the end; turns of one transaction stay together.

        Raises:
            RowNotFoundError: The tenant has no such conversation.
        """
        # The row stays locked until the commit: whoever adds to it meanwhile waits.
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

    async def messages(
        self, conversation_id: str, limit: int = 100, *, after: int = 0
    ) -> Sequence[Message]:
        """Return the last turns behind the one numbered `after`, oldest first."""
        query = (
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.sequence > after)
            .order_by(Message.sequence.desc())
            .limit(limit)
        )
        return (await self._all(query))[::-1]

    async def trace_of(self, message_id: str) -> str | None:
        """Return the trace that a message was written in; None when there is no such message."""
        found = await self._one(select(Message).where(Message.id == message_id))
        return None if found is None else found.trace_id

    async def history(self, conversation_id: str, limit: int = 10) -> History:
        """Return what a question of the conversation may refer to; empty when there is none.

        Args:
            conversation_id: Which one; it must be one that the principal may see.
            limit: Most messages to return, the last ones; the summary speaks of earlier ones.
        """
        found = await self.get(conversation_id)
        if found is None:
            return History()
        rows = await self.messages(conversation_id, limit, after=found.summarised_until)
        turns = (ChatMessage(role=ChatRole(row.role), content=row.content) for row in rows)
        return History(summary=found.summary, messages=tuple(turns))

    async def summarise(self, conversation_id: str, summary: str, until: int) -> bool:
        """Keep a summary of the messages up to the one numbered `until`.

        Returns:
            False when another summary reaches as far already.
        """
        statement = update(Conversation).where(
            Conversation.id == conversation_id, Conversation.summarised_until < until
        )
        values = {
            "summary": summary,
            "summarised_until": until,
            "updated_at": Conversation.updated_at,  # nothing was said
        }
        return await self._change(statement.values(values)) > 0

    async def rename(self, conversation_id: str, title: str) -> bool:
        """Give a conversation another title; tell whether there was one."""
        mine = update(Conversation).where(Conversation.id == conversation_id, *self._mine())
        values = {"title": title, "updated_at": Conversation.updated_at}
        return await self._change(mine.values(values)) > 0

    async def soft_delete(self, conversation_id: str) -> bool:
        """Make a conversation and its messages unfindable; tell whether there was one."""
        moment = now()
        mine = update(Conversation).where(Conversation.id == conversation_id, *self._mine())
        if not await self._change(mine.values(deleted_at=moment, updated_at=moment)):
            return False
        await self._change(
            update(Message)
            .where(Message.conversation_id == conversation_id)
            .values(deleted_at=moment)
        )
        return True

    async def restore(self, conversation_id: str) -> bool:
        """Bring a deleted conversation back with its messages; tell whether there was one."""
        found = await self.get(conversation_id, deleted=True)
        if found is None:
            return False
        # Messages that went with an earlier life of the id stay gone.
        await self._change(
            update(Message)
            .where(
                Message.conversation_id == conversation_id, Message.deleted_at == found.deleted_at
            )
            .values(deleted_at=None),
            deleted=True,
        )
        found.deleted_at = None
        await self._session.flush()
        return True

    def _may_see(self, conversation: Conversation) -> bool:
        is_own = conversation.subject == self._principal.subject
        return is_own or self._principal.may(Role.ADMIN)

    def _mine(self) -> Sequence[ColumnElement[bool]]:
        if self._principal.may(Role.ADMIN):
            return []
        return [Conversation.subject == self._principal.subject]


def _matching(wanted: ConversationFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.deleted:
        found.append(Conversation.deleted_at.is_not(None))
    if wanted.subject is not None:
        found.append(Conversation.subject == wanted.subject)
    if wanted.text:
        # Deleted messages count only where deleted conversations are looked for.
        said = select(Message.conversation_id).where(
            Message.content.icontains(wanted.text, autoescape=True)
        )
        found.append(
            or_(
                Conversation.title.icontains(wanted.text, autoescape=True),
                Conversation.id.in_(said),
            )
        )
    return found
