"""Fourth node: chooses what fits in front of the chat model."""

from collections.abc import Sequence

from graphs.query.settings import ContextSettings
from graphs.query.state import Passage, QueryState
from graphs.query.steps import Turn
from providers.chat_model.reading.identifiers import identifiers
from providers.chat_model.reading.words import words
from providers.types import GroundingPassage

HEADING_SEPARATOR = " › "


async def fit_context(state: QueryState, turn: Turn, *, settings: ContextSettings) -> QueryState:
    """Keep the best passages that fit the budget and say something new; number them from 1."""
    limit = min(turn.context.top_k, settings.max_passages)
    kept: list[Passage] = []
    tokens = 0
    for passage in state["passages"]:
        if len(kept) == limit:
            break
        fits = not kept or tokens + passage.chunk.token_count <= settings.max_tokens
        if fits and not _repeats(passage, kept, settings.overlap):
            kept.append(passage)
            tokens += passage.chunk.token_count
    return {
        "passages": kept,
        "grounding": [_ground(marker, passage, state) for marker, passage in enumerate(kept, 1)],
    }


def _ground(marker: int, passage: Passage, state: QueryState) -> GroundingPassage:
    return GroundingPassage(
        marker=marker,
        text=state.get("cleaned", {}).get(passage.chunk_id, passage.text),
        score=passage.score,
        title=title_of(passage),
        language=passage.chunk.language or state["language"],
    )


def title_of(passage: Passage) -> str:
    """Return what a reader sees above a passage: the document's title and the headings."""
    title = passage.chunk.title or passage.source
    path = [heading for heading in passage.heading_path if heading != title]
    return HEADING_SEPARATOR.join([title, *path])


def _repeats(passage: Passage, kept: Sequence[Passage], limit: float) -> bool:
    return any(_overlap(passage, other) >= limit for other in kept)


def _overlap(passage: Passage, other: Passage) -> float:
    """Return which share of a passage another one holds already.

    Within a document, characters decide (overlapping neighbours). Between documents, only a
    text with the same words counts, and only if both speak of the same products: two
    manuals may say the same of different appliances.
    """
    if passage.document_id == other.document_id:
        start = max(passage.chunk.char_start, other.chunk.char_start)
        end = min(passage.chunk.char_end, other.chunk.char_end)
        length = passage.chunk.char_end - passage.chunk.char_start
        return max(end - start, 0) / max(length, 1)
    if identifiers(title_of(passage)) != identifiers(title_of(other)):
        return 0.0
    return 1.0 if words(passage.text) == words(other.text) else 0.0
