"""Tells of each passage how it was found, and why it was kept or dropped."""

import re
from collections.abc import Mapping, Sequence

from data.database import Database
from graphs.query.state import Conflict, Decision, Dropped, Explained, Fused, Outcome, Passage
from graphs.query.steps import Turn
from providers.chat_model.reading.words import content_stems, stem
from providers.principal import Role

_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
MAX_DROPPED = 50
"""Most candidates that are listed though they were never passages."""


async def explain(
    decisions: Sequence[Decision],
    dropped: Sequence[Dropped],
    conflicts: Sequence[Conflict],
    turn: Turn,
    database: Database,
    *,
    question: str,
    language: str,
) -> list[Explained]:
    """Return the passages in their order, then the candidates that were none.

    Why a document is withheld (deleted, replaced, licence) is for those who look after the
    library, the role `editor`.
    """
    asked = set(content_stems(question, language))
    disputes = _disputes(conflicts)
    shown = [
        _explain(decision, asked, language, disputes.get(decision.passage.chunk_id, ""))
        for decision in decisions
    ]
    rest = list({item.fused.id: item for item in dropped}.values())[:MAX_DROPPED]
    filtered = [_filtered(item, asked, language) for item in rest if item.chunk is not None]
    return [*shown, *filtered, *await _withheld(rest, turn, database)]


def _explain(decision: Decision, asked: set[str], language: str, dispute: str) -> Explained:
    passage: Passage = decision.passage
    why = "; ".join(part for part in (decision.why, dispute) if part)
    return Explained(
        rank=passage.rank,
        chunk_id=passage.chunk_id,
        document_id=passage.document_id,
        source=passage.source,
        page=passage.page,
        outcome=decision.outcome,
        why=why,
        score=passage.score,
        rerank_score=passage.rerank_score,
        matched=matched(passage.text, asked, passage.chunk.language or language),
        fused=passage.fused,
    )


def _filtered(item: Dropped, asked: set[str], language: str) -> Explained:
    chunk = item.chunk
    if chunk is None:
        raise ValueError("a candidate without a chunk was not filtered but withheld")
    return Explained(
        rank=None,
        chunk_id=chunk.chunk_id,
        document_id=chunk.document_id,
        source=chunk.source,
        page=chunk.page_start,
        outcome=Outcome.FILTER,
        why="the filters of the question leave it out",
        score=item.fused.score,
        rerank_score=None,
        matched=matched(chunk.text, asked, chunk.language or language),
        fused=item.fused,
    )


async def _withheld(dropped: Sequence[Dropped], turn: Turn, database: Database) -> list[Explained]:
    gone: Mapping[str, Fused] = {
        item.fused.id: item.fused for item in dropped if item.chunk is None
    }
    if not gone or not turn.principal.may(Role.EDITOR):
        return []
    async with database.begin(turn.principal, read_only=True) as transaction:
        reasons = await transaction.withheld.reasons(list(gone))
    return [
        Explained(
            rank=None,
            chunk_id=id,
            document_id=reasons[id].document_id,
            source=reasons[id].source,
            page=None,
            outcome=Outcome.WITHHELD,
            why=reasons[id].why,
            score=fused.score,
            rerank_score=None,
            matched=(),
            fused=fused,
        )
        for id, fused in gone.items()
        if id in reasons
    ]


def matched(text: str, asked: set[str], language: str) -> tuple[str, ...]:
    """Return the words of a passage that the question has too, as written, each once."""
    found = (match.group() for match in _WORD.finditer(text))
    return tuple(
        {word.lower(): word for word in found if stem(word.lower(), language) in asked}.values()
    )


def _disputes(conflicts: Sequence[Conflict]) -> dict[str, str]:
    found: dict[str, str] = {}
    for newer, older in conflicts:
        found[newer.chunk_id] = f"older {older.source} gives other numbers"
        found[older.chunk_id] = f"newer {newer.source} gives other numbers"
    return found
