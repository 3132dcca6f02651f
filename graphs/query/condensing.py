"""Second step of an answer: a question that leans on the conversation is made to stand alone."""

from collections.abc import Sequence

from graphs.errors import BudgetExceededError
from graphs.models import Call, Models, Role
from graphs.query.follow_up import leans, stand_alone
from graphs.query.guard import clean, find_language
from graphs.query.instructions import instruct
from graphs.query.settings import QuerySettings
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from prompts.catalogue import Catalogue
from providers.errors import ProviderError
from providers.types import ChatMessage, ChatRole, Usage

MAX_MESSAGES = 11
"""Messages that a question may lean on: ten, and a summary of what was before."""
_SHOWN_CHARS = 600
"""How much of each message a model is shown."""


async def condense(
    state: QueryState,
    turn: Turn,
    *,
    models: Models | None,
    settings: QuerySettings,
    prompts: Catalogue | None = None,
) -> QueryState:
    """Read the conversation, and complete the question from it.

    The service has put the conversation's last messages there, and looked whose it is.
    """
    history = tuple(state.get("history", ()))[-MAX_MESSAGES:]
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
            condensed, by, update["aside"] = await _ask_model(asked, history, turn, models, prompts)
        except (ProviderError, BudgetExceededError) as error:
            update["degraded"] = [f"the question was condensed by rules: {error}"]
    condensed = condensed or stand_alone(asked, questions, language)
    if condensed == asked or len(condensed) > settings.max_question_chars:
        return update
    turn.emit({"type": "question.condensed", "question": condensed, "asked": asked, "by": by})
    found = await find_language(condensed, settings.languages)
    return {**update, "question": condensed, "asked": asked, "language": found}


async def _ask_model(
    asked: str,
    history: Sequence[ChatMessage],
    turn: Turn,
    models: Models,
    prompts: Catalogue | None,
) -> tuple[str, str, list[Usage]]:
    shown = "\n".join(f"{m.role}: {m.content[:_SHOWN_CHARS]}" for m in history)
    request, prompt = instruct("condense", {"question": asked, "history": shown}, prompts)
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
