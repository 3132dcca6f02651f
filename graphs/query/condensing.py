"""Second step of an answer: a question that leans on the conversation is made to stand alone."""

from collections.abc import Sequence

from data.database import Database
from graphs.errors import BudgetExceededError, ConversationNotFoundError
from graphs.models import Call, Models, Role
from graphs.query.follow_up import leans, stand_alone
from graphs.query.guard import clean, find_language
from graphs.query.instructions import instruct
from graphs.query.settings import QuerySettings
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from providers.errors import ProviderError
from providers.types import ChatMessage, ChatRole, Usage

MAX_MESSAGES = 10
"""Messages of a conversation that a question may lean on."""
_SHOWN_CHARS = 600
"""How much of each message a model is shown."""


async def condense(
    state: QueryState,
    turn: Turn,
    *,
    database: Database,
    models: Models | None,
    settings: QuerySettings,
) -> QueryState:
    """Read the conversation, and complete the question from it.

    Raises:
        ConversationNotFoundError: the conversation is somebody else's.
    """
    history = await _history(state, turn, database)
    questions = [message.content for message in history if message.role is ChatRole.USER]
    if not questions:
        return {}
    update: QueryState = {"history": history}
    asked, language = state["question"], state["language"]
    if not leans(asked, language):
        return update
    condensed, by = "", "rules"
    if models is not None and models.serves(Role.CONDENSE):
        try:
            condensed, by, update["aside"] = await _ask_model(asked, history, turn, models)
        except (ProviderError, BudgetExceededError) as error:
            update["degraded"] = [f"the question was condensed by rules: {error}"]
    condensed = condensed or stand_alone(asked, questions, language)
    if condensed == asked or len(condensed) > settings.max_question_chars:
        return update
    turn.emit({"type": "question.condensed", "question": condensed, "asked": asked, "by": by})
    found = await find_language(condensed, settings.languages)
    return {**update, "question": condensed, "asked": asked, "language": found}


async def _history(state: QueryState, turn: Turn, database: Database) -> tuple[ChatMessage, ...]:
    """Return the last messages: the service's own record, else what the caller remembers."""
    given = state.get("history", ())[-MAX_MESSAGES:]
    conversation_id = state.get("conversation_id")
    if not conversation_id:
        return given
    async with database.begin(turn.principal, read_only=True) as transaction:
        conversation = await transaction.conversations.get(conversation_id)
        if conversation is None:
            return given
        if conversation.subject != turn.principal.subject:
            # As if there were none: whose it is concerns nobody else.
            raise ConversationNotFoundError(f"there is no conversation {conversation_id!r}")
        rows = await transaction.conversations.messages(conversation_id, MAX_MESSAGES)
        found = tuple(ChatMessage(role=ChatRole(row.role), content=row.content) for row in rows)
    return found or given


async def _ask_model(
    asked: str, history: Sequence[ChatMessage], turn: Turn, models: Models
) -> tuple[str, str, list[Usage]]:
    shown = "\n".join(f"{m.role}: {m.content[:_SHOWN_CHARS]}" for m in history)
    request, prompt = instruct("condense", {"question": asked, "history": shown})
    reply = await models.complete(
        Call(
            principal=turn.principal,
            role=Role.CONDENSE,
            request=request,
            prompt=prompt,
            trace_id=turn.trace_id,
        )
    )
    return clean(reply.text), reply.model, [reply.usage]
