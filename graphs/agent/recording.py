"""The last node: a turn is written down, once, whatever tools had a part in it."""

from functools import partial
from typing import Any

from langgraph.graph import END

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.repeating import ONCE
from graphs.agent.state import AgentState
from graphs.agent.steps import Turn
from graphs.query.titles import title_of_question
from providers.types import ChatRole


async def record(state: AgentState, turn: Turn, *, database: Database) -> tuple[AgentState, str]:
    """Write the conversation's turns and the audit row, in one short transaction.

    An answer that has already left is not taken back when the database fails: `degraded` says
    that it was not recorded.
    """
    try:
        # Not repeated: an answer whose commit went through unheard would be there twice.
        await database.run(turn.principal, partial(_write, state=state, turn=turn), repeats=ONCE)
    except DatabaseError as error:
        return {"degraded": [f"the answer was not recorded: {error}"]}, END
    return {}, END


async def _write(transaction: Transaction, *, state: AgentState, turn: Turn) -> None:
    conversation_id = state.get("conversation_id")
    if conversation_id:
        asked = state.get("asked", state["question"])
        rows = transaction.conversations
        await rows.ensure(conversation_id, title=title_of_question(asked))
        await rows.append(conversation_id, ChatRole.USER, asked, trace_id=turn.trace_id)
        await rows.append(
            conversation_id,
            ChatRole.ASSISTANT,
            state["answer"],
            citations=_citations(state),
            trace_id=turn.trace_id,
        )
    await transaction.audit.add(
        "agent.answered",
        conversation_id,
        {
            "tools": state.get("tools", []),
            "abstained": state["abstained"],
            "asked_back": state.get("clarify") is not None,
            "trace_id": turn.trace_id,
        },
    )


def _citations(state: AgentState) -> list[dict[str, Any]]:
    return [
        dict(citation)
        for data in state.get("found", {}).values()
        for citation in data.get("citations", [])
    ]
