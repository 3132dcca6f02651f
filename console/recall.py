"""Turns a conversation that was kept into the exchanges that a page shows."""

from console.exchange import Exchange
from providers.chat_model.abstention import is_abstention
from providers.types import ChatRole
from service.conversation_schemas import ConversationFull, MessageRead
from service.schemas import Answer, RunEvent, TokenUsage


def exchanges_of(conversation: ConversationFull) -> list[Exchange]:
    """Return the questions with their answers; one without an answer counts as stopped."""
    found: list[Exchange] = []
    for turn in conversation.turns:
        if turn.role == ChatRole.USER:
            found.append(Exchange(turn.content, stopped=True))
        elif found:
            found[-1].stopped = False
            answer = _answer(turn, conversation.conversation_id)
            found[-1].apply(RunEvent(type="run.finished", data=answer.model_dump(mode="json")))
    return found


def _answer(turn: MessageRead, conversation_id: str) -> Answer:
    return Answer(
        answer=turn.content,
        citations=turn.citations,
        abstained=is_abstention(turn.content),
        degraded=[],
        conversation_id=conversation_id,
        trace_id=turn.trace_id or "",
        usage=TokenUsage(model=""),
        timings_ms={},
    )
