"""First node: cleans the question and refuses what cannot be asked."""

import unicodedata
from collections.abc import Sequence

from anyio import to_thread

from graphs.errors import QuestionEmptyError, QuestionTooLongError
from graphs.query.guarding.rulings import Verdict
from graphs.query.guarding.telling import tell
from graphs.query.settings import QuerySettings
from graphs.query.state import QueryState
from graphs.query.steps import Turn
from providers.chat_model.reading.languages import detect, voted
from providers.types import GuardStage

_KEPT = frozenset("\n\t")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
"""Control, format (bidirectional overrides, zero width), surrogate, private, unassigned."""
_JOINERS = frozenset("\u200c\u200d")
"""Needed by some scripts and by emoji; harmless."""


async def guard_input(state: QueryState, turn: Turn, *, settings: QuerySettings) -> QueryState:
    """Clean the question, and find its language among those the service expects.

    Raises:
        QuestionEmptyError: nothing is left that can be searched for.
        QuestionTooLongError: it is longer than `max_question_chars`.
    """
    raw = state.get("question", "")
    limit = settings.max_question_chars
    if len(raw) > limit:
        raise QuestionTooLongError(
            f"the question has {len(raw)} characters, at most {limit} are allowed: shorten it"
        )
    question = clean(raw)
    if not any(character.isalnum() for character in question):
        raise QuestionEmptyError("ask a question that has at least one letter or digit")
    update: QueryState = {"question": question}
    if question != raw.strip():
        verdict = Verdict(
            stage=GuardStage.QUESTION,
            rule="hidden_characters",
            action="cleaned",
            score=1.0,
            message="Invisible or control characters were removed from the question.",
        )
        tell(turn, verdict)
        update["verdicts"] = [verdict]
    return {**update, "language": await find_language(question, settings.languages)}


async def find_language(question: str, languages: Sequence[str]) -> str:
    """Return the language (ISO 639-1) of a question among those the service expects."""
    leaders = voted(question, languages)
    if len(leaders) == 1:
        return leaders[0]
    # The statistical model behind `detect` is read from disk at its first use.
    return await to_thread.run_sync(detect, question, languages)


def clean(text: str) -> str:
    """Return `text` in composed form (NFC), trimmed, without invisible characters."""
    kept = (
        character
        for character in unicodedata.normalize("NFC", text)
        if character in _KEPT
        or character in _JOINERS
        or unicodedata.category(character) not in _DROPPED
    )
    return "".join(kept).strip()
