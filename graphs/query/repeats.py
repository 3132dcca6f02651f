"""Which passages say the same, and which add most to those that are chosen."""

from collections.abc import Sequence
from functools import lru_cache

from graphs.query.fusion import unit_range
from graphs.query.state import Passage
from graphs.query.titles import title_of
from providers.chat_model.reading.identifiers import identifiers
from providers.chat_model.reading.quantities import quantities
from providers.chat_model.reading.words import words

NEARLY = 0.9
"""Share of their words from which two passages say the same, if their numbers agree too."""


def overlap(passage: Passage, other: Passage) -> float:
    """Return which share (0..1) of a passage another one holds already.

    Within a document, characters decide (overlapping neighbours). Between documents, only a
    text with nearly the same words and the same quantities counts, and only if both speak of
    the same products: two manuals may say the same of different appliances, and where numbers
    differ both are needed to see it.
    """
    if passage.document_id == other.document_id:
        start = max(passage.chunk.char_start, other.chunk.char_start)
        end = min(passage.chunk.char_end, other.chunk.char_end)
        length = passage.chunk.char_end - passage.chunk.char_start
        return max(end - start, 0) / max(length, 1)
    if _products(title_of(passage)) != _products(title_of(other)):
        return 0.0
    if likeness(passage.text, other.text) < NEARLY:
        return 0.0
    language = passage.chunk.language or "en"
    said, there = (quantities(text, language) for text in (passage.text, other.text))
    return 1.0 if set(said) == set(there) else 0.0


def likeness(one: str, other: str) -> float:
    """Return the share (0..1) of words that two texts have in common (Jaccard)."""
    here, there = _word_set(one), _word_set(other)
    return len(here & there) / len(here | there) if here | there else 1.0


@lru_cache(maxsize=1024)
def _word_set(text: str) -> frozenset[str]:
    """Remembered, since each passage is compared with several."""
    return frozenset(words(text))


@lru_cache(maxsize=1024)
def _products(title: str) -> frozenset[str]:
    """Remembered, as are words."""
    return identifiers(title)


def diversify(passages: Sequence[Passage], diversity: float) -> list[Passage]:
    """Reorder by maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998).

    Args:
        passages: Best first.
        diversity: Weight (0..1) of being unlike the passages before, against the score; with
            0 the order stays.
    """
    if not diversity or not passages:
        return list(passages)
    relevance = dict(
        zip(
            (passage.chunk_id for passage in passages),
            unit_range([passage.score for passage in passages]),
            strict=True,
        )
    )
    left, chosen = list(passages), list[Passage]()
    while left:
        best = max(
            left,
            key=lambda passage: (
                (1 - diversity) * relevance[passage.chunk_id]
                - diversity * max((likeness(passage.text, c.text) for c in chosen), default=0.0)
            ),
        )
        left.remove(best)
        chosen.append(best)
    return chosen
