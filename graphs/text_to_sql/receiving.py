"""First steps: the question is cleaned, its datasource opened, and what it is about judged."""

import re
from typing import Final

from graphs.errors import QuestionEmptyError, QuestionTooLongError
from graphs.query.guard import clean
from graphs.text_to_sql.desk import Desks
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import SqlState
from graphs.text_to_sql.steps import Turn, failed

_WRITES: Final = (
    "delete drop truncate update insert alter create grant revoke overwrite erase purge wipe"
    " remove modify change set reset rename replace cancel approve refund merge add append"
    " increase decrease raise lower reduce double mark assign move transfer restock ship reopen"
    " close book register enter correct fix adjust"
).split()
_POLITE: Final = (
    r"(?:\s*(?:please|kindly|now|then|and|just|go\s+ahead\s+and|can\s+you|could\s+you|would\s+you"
    r"|can\s+we|i\s+want\s+(?:you\s+)?to|i\s+need\s+(?:you\s+)?to|i'?d\s+like\s+(?:you\s+)?to|let'?s"
    r"|you\s+must|you\s+should|help\s+me(?:\s+to)?|bitte|ignore\s+[^.;:,]*[.;:,]))*\s*"
)
_WRITE: Final = re.compile(
    rf"{_POLITE}(?:{'|'.join(_WRITES)})\b(?!\s+(?:in|of|over|by|rates?|dates?)\b)", re.IGNORECASE
)
_ALSO_WRITE: Final = re.compile(
    rf"(?:please\s+)?(?:{'|'.join(_WRITES)})\s+(?:the|all|every|each|any|this|that|these|those|it"
    r"|them|its|their|his|her|a|an|my|our|everything|one)\b",
    re.IGNORECASE,
)
_STATEMENT: Final = re.compile(
    r"\b(?:drop|truncate|alter)\s+(?:table|database|schema|view|index|user|role)\b"
    r"|\bdelete\s+from\b|\binsert\s+into\b|\bupdate\s+\w+\s+set\b|\bgrant\s+\w+\s+(?:on|to)\b"
    r"|\bcreate\s+(?:or\s+replace\s+)?(?:table|view|user|role|function|trigger|index)\b"
    r"|\b(?:attach|detach)\s+database\b|\bpragma\s+\w+",
    re.IGNORECASE,
)
_SENTENCE: Final = re.compile(r"[.;!?:]\s+")
_CLAUSE: Final = re.compile(r",?\s+(?:and\s+then|then|and|but)\s+|,\s+", re.IGNORECASE)


_ADVICE: Final = re.compile(
    r"\s*(?:(?:what|and)\s+)?(?:should|shall\s+we|how\s+(?:do|can|should)\s+(?:i|you|one)|how\s+to"
    r"|is\s+it\s+worth|what\s+if|what\s+would\s+happen)\b",
    re.IGNORECASE,
)
"""Questions for advice and instructions, which rows do not answer."""


async def intake(state: SqlState, _: Turn, *, settings: SqlSettings) -> tuple[SqlState, str]:
    """Clean the question and check its length.

    Raises:
        QuestionEmptyError: it has no letters or digits.
        QuestionTooLongError: it is longer than the settings allow.
    """
    question = clean(state["question"])
    if not any(character.isalnum() for character in question):
        raise QuestionEmptyError("the question has no words; ask about the data")
    if len(question) > settings.max_question_chars:
        raise QuestionTooLongError(
            f"the question has {len(question)} characters and may have "
            f"{settings.max_question_chars} (sql.max_question_chars)"
        )
    return {
        "question": question,
        "asked": state.get("asked", question),
        "assumptions": [],
        "problem": None,
        "error": None,
        "clarify": None,
        "repairs": 0,
        "params": {},
        "sql": "",
    }, "scope"


async def scope(state: SqlState, turn: Turn, *, desks: Desks) -> tuple[SqlState, str]:
    """Open the datasource: what this principal may read of it, and nothing else.

    Raises:
        GraphError: there is no such datasource, or it cannot be used.
    """
    desk = await desks.open(turn.principal, turn.context.datasource)
    turn.emit(
        {
            "type": "catalog.scoped",
            "datasource": desk.name,
            "dialect": desk.catalog.dialect.value,
            "tables": sorted(desk.catalog.tables),
        }
    )
    return {"degraded": list(desk.degraded)}, "classify"


async def classify(state: SqlState, turn: Turn) -> tuple[SqlState, str]:
    """Turn away what asks to change data. It is a courtesy: the guard is the wall."""
    question = state["question"]
    intent = "write" if is_write(question) else "advice" if is_advice(question) else "read"
    turn.emit({"type": "question.classified", "intent": intent})
    if intent == "write":
        message = "Data can be read here and not changed; ask for what you want to see instead."
        return {"error": failed("write_request", message)}, "answer"
    return {}, "link" if intent == "read" else "clarify"


def is_write(question: str) -> bool:
    """Tell whether a question asks to change data, by the verb that a clause begins with."""
    if _STATEMENT.search(question):
        return True
    return any(
        _WRITE.match(sentence) or any(map(_ALSO_WRITE.match, _CLAUSE.split(sentence)))
        for sentence in _SENTENCE.split(question)
    )


def is_advice(question: str) -> bool:
    """Tell whether a question asks what to do, which rows do not answer."""
    return _ADVICE.match(question) is not None
