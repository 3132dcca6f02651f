"""An answer as a cache keeps it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import TypeAdapter, ValidationError

from data.values import LiveChunk
from graphs.query.state import CheckedSentence, CitedSpan
from providers.types import Vector

FORM: Final = 1
"""Counts the ways in which entries were written; one of another way is not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedAnswer:
    """An answer that was given, sentence by sentence, and what it was given to.

    `scope` names what must be the same for the answer to hold for a question that is worded
    otherwise; `vector` is the question's, empty where it is not needed.
    """

    scope: str
    question: str
    language: str
    answer: str
    abstained: bool
    model: str
    sentences: tuple[CheckedSentence, ...]
    citations: tuple[CitedSpan, ...]
    vector: tuple[float, ...] = ()
    form: int = FORM

    @property
    def chunk_ids(self) -> list[str]:
        """Ids of the chunks that are cited, each once."""
        return list(dict.fromkeys(citation.chunk_id for citation in self.citations))

    def holds(self, live: list[LiveChunk], collection_id: str) -> bool:
        """Tell whether everything that is cited may still be quoted just like that."""
        found = {chunk.chunk_id: chunk for chunk in live if chunk.collection_id == collection_id}
        return all(
            (chunk := found.get(citation.chunk_id)) is not None and _unchanged(citation, chunk)
            for citation in self.citations
        )

    def similarity(self, vector: Vector) -> float:
        """Return the cosine (-1..1) of this answer's question and another one."""
        mine = np.asarray(self.vector, dtype=np.float32)
        if mine.shape != vector.shape:
            return -1.0
        length = float(np.linalg.norm(mine) * np.linalg.norm(vector))
        return float(mine @ vector) / max(length, 1e-9)


_ADAPTER: Final = TypeAdapter(CachedAnswer)


def write(entry: CachedAnswer) -> bytes:
    """Return the bytes of an entry."""
    return _ADAPTER.dump_json(entry)


def read(data: bytes) -> CachedAnswer | None:
    """Return the entry of some bytes; None when they are none (any more)."""
    try:
        entry = _ADAPTER.validate_json(data)
    except ValidationError:
        return None
    return entry if entry.form == FORM else None


def _unchanged(citation: CitedSpan, chunk: LiveChunk) -> bool:
    start = citation.start - chunk.char_start
    return (
        (chunk.document_id, chunk.version) == (citation.document_id, citation.version)
        and (chunk.source, chunk.attribution) == (citation.source, citation.attribution)
        and start >= 0
        and chunk.text[start : start + len(citation.quote)] == citation.quote
    )
