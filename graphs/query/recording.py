"""The last two nodes: settle what the answer is, and write down that it was given."""

from dataclasses import asdict

from data.database import Database
from data.errors import DatabaseError
from data.values import NewLlmCall, NewVerdict
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from providers.chat_model.abstention import abstention
from providers.types import ChatRole, Usage

FUNCTION = "query.synthesize"
"""What the model was called for, as the ledger names it."""


async def check_citations(state: QueryState, turn: Turn) -> QueryState:
    """Put the checked sentences together, or abstain when none is left."""
    calls = state["calls"]
    update: QueryState = {
        "usage": Usage(
            input_tokens=sum(call.usage.input_tokens for call in calls),
            output_tokens=sum(call.usage.output_tokens for call in calls),
            cost_usd=sum(call.usage.cost_usd for call in calls),
        ),
        "model": calls[-1].model if calls else "",
    }
    update["refusal"] = state.get("refusal")
    if state["sentences"]:
        update["answer"] = "".join(sentence.text for sentence in state["sentences"])
        update["abstained"] = False
        return update
    refused = update["refusal"]
    update["answer"] = abstention(state["language"]) if refused is None else refused.message
    update["citations"] = []
    update["abstained"] = True
    turn.emit({"type": "token", "text": update["answer"]})
    return update


async def record(state: QueryState, turn: Turn, *, database: Database) -> QueryState:
    """Write turns, model calls and the audit row, in one short transaction.

    An answer that has already left is not taken back when the database fails: `degraded`
    says that it was not recorded.
    """
    try:
        async with database.begin(turn.principal) as transaction:
            conversation_id = state.get("conversation_id")
            if conversation_id:
                await transaction.conversations.ensure(
                    conversation_id, title=state["question"][:80]
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
            for call in _calls(state, turn):
                await transaction.llm_calls.add(call)
            await transaction.guard_verdicts.add_all(_verdicts(state, turn))
            await transaction.audit.add(
                "question.answered",
                conversation_id,
                {
                    "collection": turn.context.collection,
                    "abstained": state["abstained"],
                    "chunks": [citation.chunk_id for citation in state["citations"]],
                    "trace_id": turn.trace_id,
                },
            )
    except DatabaseError as error:
        return {"degraded": [f"the answer was not recorded: {error}"]}
    return {}


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


def _calls(state: QueryState, turn: Turn) -> list[NewLlmCall]:
    retrieved = [passage.chunk_id for passage in state["passages"]]
    return [
        NewLlmCall(
            function=FUNCTION,
            model=call.model,
            outcome="failed" if call.error else "succeeded",
            input_tokens=call.usage.input_tokens,
            output_tokens=call.usage.output_tokens,
            cost_usd=call.usage.cost_usd,
            latency_ms=call.latency_ms,
            trace_id=turn.trace_id,
            error=call.error,
            detail={"retrieved": retrieved},
        )
        for call in state["calls"]
    ]
