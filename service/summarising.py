"""Summarises what long conversations began with, behind the answers and never before them."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog

from data.database import Database
from data.errors import DatabaseError
from data.models import Message
from graphs.errors import GraphError
from graphs.models import Call, Models, Role
from providers.chat_model.reading.sentences import sentence_ends
from providers.errors import ProviderError
from providers.principal import Principal
from providers.types import ChatMessage, ChatRequest, ChatRole, PromptRef
from service.settings import ConversationSettings

log = structlog.get_logger("cicerone.conversations")

CHARS_A_TOKEN: Final = 4
"""Of English and German text, roughly; a budget needs no tokenizer."""
KEPT_SHARE: Final = 0.5
"""Which part of the budget the last messages may keep for themselves."""
KEPT_MESSAGES: Final = 2
"""The last question and its answer are never summarised."""
MAX_MESSAGES: Final = 1000
PATIENCE_S: Final = 5.0
"""How long the service waits at its end for summaries that are being written."""
PROMPT: Final = "summarise"


class Rendered(Protocol):
    """What a prompt becomes with its values filled in."""

    @property
    def messages(self) -> tuple[ChatMessage, ...]:
        """What to send to a model."""
        ...

    @property
    def ref(self) -> PromptRef:
        """Which prompt it was."""
        ...


class Prompt(Protocol):
    """A released prompt."""

    def render(self, values: Mapping[str, str], flags: Mapping[str, bool]) -> Rendered:
        """Fill the values in; flags choose among its wordings."""
        ...


class Prompts(Protocol):
    """Where released prompts are kept."""

    def get(self, name: str) -> Prompt:
        """Return the active version of a prompt."""
        ...


class Summariser:
    """Keeps the history of long conversations within a budget.

    With a chat model for the role `condense` it writes the summary; without one, or when the
    model fails, the summary keeps each question and the first sentence of its answer.
    """

    def __init__(
        self,
        database: Database,
        settings: ConversationSettings,
        *,
        models: Models | None = None,
        prompts: Prompts | None = None,
    ) -> None:
        self._database = database
        self._settings = settings
        self._models = models
        self._prompts = prompts
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}

    def consider(self, principal: Principal, conversation_id: str) -> None:
        """Summarise a conversation in the background, if it has become too long."""
        key = (principal.tenant_id, conversation_id)
        if key not in self._running:
            task = asyncio.create_task(self._consider(principal, conversation_id))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))

    async def settle(self) -> None:
        """Wait until no summary is being written."""
        while self._running:
            await asyncio.wait(set(self._running.values()))

    async def aclose(self) -> None:
        """Let summaries that are being written end, for a while; what is not done is done later."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                await self.settle()
        for task in list(self._running.values()):
            task.cancel()

    async def _consider(self, principal: Principal, conversation_id: str) -> None:
        try:
            await self.run(principal, conversation_id)
        except DatabaseError as error:
            log.warning("conversation.not_summarised", id=conversation_id, error=str(error))

    async def run(self, principal: Principal, conversation_id: str) -> bool:
        """Summarise a conversation if it has become too long; tells whether it did.

        Raises:
            DatabaseError: it cannot be read or written.
        """
        async with self._database.begin(principal, read_only=True) as tx:
            found = await tx.conversations.get(conversation_id)
            if found is None:
                return False
            rows = await tx.conversations.messages(
                conversation_id, MAX_MESSAGES, after=found.summarised_until
            )
        early = self._early(rows)
        if not early:
            return False
        summary = await self._written(principal, found.summary, early)
        if summary is None:
            summary = keep_gist(found.summary, early, self._settings.summary_tokens)
        async with self._database.begin(principal) as tx:
            return await tx.conversations.summarise(conversation_id, summary, early[-1].sequence)

    def _early(self, rows: Sequence[Message]) -> Sequence[Message]:
        """Return the messages to be summarised: all but the last that fit half the budget."""
        budget = self._settings.max_tokens
        if sum(tokens(row.content) for row in rows) <= budget:
            return ()
        left, kept = budget * KEPT_SHARE, 0
        for row in reversed(rows):
            left -= tokens(row.content)
            if left < 0 and kept >= KEPT_MESSAGES:
                break
            kept += 1
        return rows[: len(rows) - kept]

    async def _written(
        self, principal: Principal, before: str | None, early: Sequence[Message]
    ) -> str | None:
        """Let a model write the summary; None when there is none or it fails."""
        if self._models is None or self._prompts is None:
            return None
        if not self._models.serves(Role.CONDENSE):
            return None
        values = {
            "summary": before or "",
            "conversation": "\n".join(map(_said, early)),
            "max_tokens": str(self._settings.summary_tokens),
        }
        try:
            prompt = self._prompts.get(PROMPT)
            rendered = prompt.render(values, {"with_summary": before is not None})
            request = ChatRequest(
                messages=rendered.messages, max_output_tokens=self._settings.summary_tokens
            )
            call = Call(
                principal=principal, role=Role.CONDENSE, request=request, prompt=rendered.ref
            )
            reply = await self._models.complete(call)
        except (ProviderError, GraphError) as error:
            log.warning("conversation.summary_failed", error=str(error))
            return None
        return reply.text.strip() or None


def keep_gist(before: str | None, early: Sequence[Message], limit: int) -> str:
    """Return the questions and the first sentences of their answers, within `limit` tokens.

    What was said first goes first when it becomes too much.

    Args:
        before: The summary of what was said before.
        early: Messages, oldest first.
        limit: Most tokens, estimated.
    """
    lines = [*(before or "").splitlines(), *map(_gist, early)]
    kept: list[str] = []
    for line in reversed(lines):
        limit -= tokens(line)
        if limit < 0 and kept:
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def tokens(text: str) -> int:
    """Estimate the tokens of a text."""
    return len(text) // CHARS_A_TOKEN + 1


def _gist(row: Message) -> str:
    line = " ".join(row.content.split())
    if row.role == ChatRole.USER:
        return f"Asked: {line}"
    ends = sentence_ends(line)
    return f"Answered: {line[: ends[0]].strip() if ends else line}"


def _said(row: Message) -> str:
    return f"{row.role}: {row.content}"
