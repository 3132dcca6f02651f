"""The last two nodes: settle what the answer is, and write down that it was given."""

from dataclasses import asdict

from data.database import Database
from data.errors import DatabaseError
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from graphs.query.titles import title_of_question
from providers.chat_model.abstention import abstention
from providers.types import ChatRole, Usage


async def check_citations(state: QueryState, turn: Turn) -> QueryState:
    """Put the checked sentences together, or abstain when none is left."""
    calls = state["calls"]
    update: QueryState = {
        "usage": Usage(
            input_tokens=sum(call.usage.input_tokens for call in calls),
            output_tokens=sum(call.usage.output_tokens for call in calls),
            cost_usd=sum(call.usage.cost_usd for call in calls),
            cached_tokens=sum(call.usage.cached_tokens for call in calls),
        ),
        "model": calls[-1].model if calls else "",
    }
    if state["sentences"]:
        update["answer"] = "".join(sentence.text for sentence in state["sentences"])
        update["abstained"] = False
        return update
    update["answer"] = abstention(state["language"])
    update["citations"] = []
    update["abstained"] = True
    turn.emit({"type": "token", "text": update["answer"]})
    return update


async def record(state: QueryState, turn: Turn, *, database: Database) -> QueryState:
    """Write turns and the audit row, in one short transaction; the gateway wrote the calls.

    An answer that has already left is not taken back when the database fails: `degraded`
    says that it was not recorded.
    """
    try:
        async with database.begin(turn.principal) as transaction:
            conversation_id = state.get("conversation_id")
            if conversation_id:
                await transaction.conversations.ensure(
                    conversation_id, title=title_of_question(state["question"])
                )
                await transaction.conversations.append(
                    conversation_id, ChatRole.USER, state["question"], trace_id=turn.trace_id
                )
                await transaction.conversations.append(
                    conversation_id,
                    ChatRole.ASSISTANT,
                    state["answer"],
                    citations=[asdict(citation) for citation in state["citations"]],
                    trace_id=turn.trace_id,
                )
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
    except DatabaseError as error:
        return {"degraded": [f"the answer was not recorded: {error}"]}
    return {}
