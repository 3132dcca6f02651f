"""First step: the question is cleaned, and made to stand alone."""

from collections.abc import Sequence

from graphs.agent.following import Swap
from graphs.agent.state import AgentState, Said
from graphs.agent.steps import Turn
from graphs.errors import QuestionEmptyError, QuestionTooLongError
from graphs.models import Models
from graphs.query.condensing import condense
from graphs.query.guard import clean, find_language
from graphs.query.settings import QuerySettings
from graphs.query.state import Context as QueryContext
from graphs.query.state import QueryState
from graphs.query.steps import Turn as QueryTurn
from prompts.catalogue import Catalogue
from providers.types import ChatMessage, ChatRole


async def receive(
    state: AgentState,
    turn: Turn,
    *,
    models: Models | None,
    prompts: Catalogue,
    settings: QuerySettings,
    swap: Swap | None = None,
) -> tuple[AgentState, str]:
    """Clean the question, and complete it from the conversation.

    Raises:
        QuestionEmptyError: it has no letters or digits.
        QuestionTooLongError: it is longer than the settings allow.
    """
    question = clean(state.get("question", ""))
    if not any(character.isalnum() for character in question):
        raise QuestionEmptyError("ask a question that has at least one letter or digit")
    if len(question) > settings.max_question_chars:
        raise QuestionTooLongError(
            f"the question has {len(question)} characters, at most "
            f"{settings.max_question_chars} are allowed: shorten it"
        )
    language = await find_language(question, settings.languages)
    update: AgentState = {"question": question, "language": language, "plan": [], "said": False}
    history = state.get("history", [])
    earlier = [one["content"] for one in history if one["role"] == ChatRole.USER.value]
    if not earlier:
        return update, "route"
    swapped = None if swap is None else await swap(question, earlier, turn)
    if swapped is not None:
        turn.emit(
            {"type": "question.condensed", "question": swapped, "asked": question, "by": "rules"}
        )
        return {**update, "question": swapped, "asked": question}, "route"
    completed = await condense(
        QueryState(question=question, language=language, history=_messages(history)),
        _query_turn(turn),
        models=models,
        settings=settings,
        prompts=prompts,
    )
    if "asked" in completed:
        update |= AgentState(question=completed["question"], asked=question)
    if "degraded" in completed:
        update["degraded"] = completed["degraded"]
    return update, "route"


def _messages(history: Sequence[Said]) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage(role=ChatRole(one["role"]), content=one["content"]) for one in history)


def _query_turn(turn: Turn) -> QueryTurn:
    return QueryTurn(
        principal=turn.principal, context=QueryContext(), emit=turn.emit, trace_id=turn.trace_id
    )
