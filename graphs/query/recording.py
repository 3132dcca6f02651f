"""The last two nodes: settle what the answer is, and write down that it was given."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.repeating import ONCE
from data.repositories.conversations import ConversationRepository
from data.values import NewVerdict
from graphs.query.conflicts import concerning, notice
from graphs.query.pacing import UNPACED, Pace
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from graphs.query.titles import title_of_question
from providers.chat_model.abstention import abstention
from providers.types import ChatRole, Usage


async def check_citations(state: QueryState, turn: Turn) -> QueryState:
    """Put the checked sentences together, or abstain when none is left.

    Where the answer leans on a sentence that another edition contradicts, it says so.
    """
    calls = state["calls"]
    update: QueryState = {
        "usage": total([*(call.usage for call in calls), *state.get("aside", [])]),
        "model": calls[-1].model if calls else "",
    }
    update["refusal"] = state.get("refusal")
    if state["sentences"]:
        conflicts = concerning(state.get("conflicts", []), state["citations"])
        notices = [f"\n{notice(conflict, state['language'])}" for conflict in conflicts]
        for text in notices:
            turn.emit({"type": "token", "text": text})
        update["answer"] = "".join([*(s.text for s in state["sentences"]), *notices])
        update["abstained"] = False
        update["conflicts"] = conflicts
        return update
    update["conflicts"] = []
    refused = update["refusal"]
    update["answer"] = abstention(state["language"]) if refused is None else refused.message
    update["citations"] = []
    update["abstained"] = True
    turn.emit({"type": "token", "text": update["answer"]})
    return update


def total(usages: Sequence[Usage]) -> Usage:
    """Add up what calls cost."""
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in usages),
        output_tokens=sum(usage.output_tokens for usage in usages),
        cost_usd=sum(usage.cost_usd for usage in usages),
        cached_tokens=sum(usage.cached_tokens for usage in usages),
    )


async def record(
    state: QueryState, turn: Turn, *, database: Database, pace: Pace = UNPACED
) -> QueryState:
    """Write turns and the audit row, in one short transaction; the gateway wrote the calls.

    Answers that have not begun go first.

    An answer that has already left is not taken back when the database fails: `degraded`
    says that it was not recorded.
    """
    try:
        # Not repeated: an answer whose commit went through unheard would be there twice.
        async with pace.settling():
            work = partial(_write, state=state, turn=turn)
            await database.run(turn.principal, work, repeats=ONCE)
    except DatabaseError as error:
        return {"degraded": [f"the answer was not recorded: {error}"]}
    return {}


async def _write(transaction: Transaction, *, state: QueryState, turn: Turn) -> None:
    conversation_id = state.get("conversation_id")
    if conversation_id:
        await _append(transaction.conversations, conversation_id, state, turn)
    await transaction.guard_verdicts.add_all(_verdicts(state, turn))
    await transaction.audit.add(
        "question.answered",
        conversation_id,
        {
            "collection": turn.context.collection,
            "abstained": state["abstained"],
            "cached": state.get("cached"),
            "chunks": [citation.chunk_id for citation in state["citations"]],
            "trace_id": turn.trace_id,
        },
    )


async def _append(
    conversations: ConversationRepository, conversation_id: str, state: QueryState, turn: Turn
) -> None:
    asked = state.get("asked", state["question"])
    await conversations.ensure(conversation_id, title=title_of_question(asked))
    await conversations.append(conversation_id, ChatRole.USER, asked, trace_id=turn.trace_id)
    await conversations.append(
        conversation_id,
        ChatRole.ASSISTANT,
        state["answer"],
        citations=[asdict(citation) for citation in state["citations"]],
        trace_id=turn.trace_id,
    )


def _verdicts(state: QueryState, turn: Turn) -> list[NewVerdict]:
    return [
        NewVerdict(
            **asdict(verdict),
            collection=turn.context.collection,
            trace_id=turn.trace_id,
            conversation_id=state.get("conversation_id"),
        )
        for verdict in state.get("verdicts", [])
    ]
