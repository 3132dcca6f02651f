"""How alike two questions are once their values are masked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from graphs.text_to_sql.reading.asking import Op
from graphs.text_to_sql.reading.pieces import Piece, Reading
from graphs.text_to_sql.reading.tokens import stems_of
from graphs.text_to_sql.reading.vocabulary import Vocabulary, spoken
from providers.protocols import Embedder
from providers.types import TextKind, Vector

_FILLERS: Final = frozenset(
    "a an the please pls me us our we i you can could would like want s so just also there".split()
)
_KEPT: Final = 20_000
"""Texts whose vectors are kept; a vector of 384 numbers takes 1.5 kB."""


def masked(reading: Reading, vocabulary: Vocabulary) -> str:
    """Return a question with each value replaced by what kind of value it is.

    `How many orders came from Norway in May 2026?` becomes
    `How many orders came from [country] in [period]?`.
    """
    parts, at = [], 0
    for mention in reading.mentions:
        parts.append(reading.question[at : mention.start])
        names = dict.fromkeys(spoken(place.column) for place in mention.places)
        parts.append(f"[{'/'.join(names) or mention.kind}]")
        at = mention.end
    return "".join([*parts, reading.question[at:]])


_SAID: Final = {
    Op.COUNT: "how many", Op.SUM: "total", Op.AVG: "average", Op.GROUP: "by", Op.MISSING: "without",
    Op.GT: "more than", Op.GE: "at least", Op.LT: "less than", Op.LE: "at most",
    Op.DISTINCT: "different", Op.LIST: "", Op.NOT: "not", Op.BEFORE: "before", Op.AFTER: "after",
    Op.SINCE: "since", Op.UNTIL: "until", Op.MAX: "most", Op.MIN: "least",
}  # fmt: skip


def canonical(reading: Reading, vocabulary: Vocabulary) -> str:
    """Return a question in the words of the schema: synonyms and values are all said one way.

    `mean turnover per nation` and `average revenue by country` become the same words.
    """
    words = []
    for piece in reading.pieces:
        if piece.mention is not None:
            names = dict.fromkeys(spoken(place.column) for place in piece.mention.places)
            words.append("/".join(names) or piece.mention.kind)
        elif piece.elements:
            words.append(_said(piece, vocabulary))
        elif piece.op is not None:
            words.append(_SAID.get(piece.op, piece.text.lower()))
        elif piece.text.lower() not in _FILLERS:
            words.append(piece.text.lower())
    return " ".join(word for word in words if word)


def _said(piece: Piece, vocabulary: Vocabulary) -> str:
    element = min(piece.elements, key=lambda one: (one.column is not None, one.table, one.column))
    if element.column is None:
        return spoken(vocabulary.catalog.tables[element.table].name)
    synonyms = vocabulary.column(element).synonyms
    return synonyms[0] if synonyms else spoken(element.column)


@dataclass(slots=True)
class Likeness:
    """Compares texts by an embedder's vectors, which it keeps; without one by their words."""

    embedder: Embedder | None
    _kept: dict[str, Vector] = field(default_factory=dict)

    async def learn(self, texts: Sequence[str]) -> None:
        """Make the vectors of texts that are to be compared.

        Raises:
            ProviderError: the embedder cannot be used.
        """
        missing = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if self.embedder is None or not missing:
            return
        if len(self._kept) + len(missing) > _KEPT:
            self._kept.clear()
            missing = list(dict.fromkeys(texts))
        vectors = await self.embedder.embed(missing, kind=TextKind.QUERY)
        self._kept.update(zip(missing, vectors, strict=True))

    def of(self, one: str, other: str) -> float:
        """Return the likeness of two texts, 0 to 1: the cosine, or the share of common stems."""
        a, b = self._kept.get(one), self._kept.get(other)
        if a is not None and b is not None:
            return max(0.0, float(np.dot(a, b)))
        first, second = set(stems_of(one)), set(stems_of(other))
        return len(first & second) / max(1, len(first | second))


def phrase(piece: Piece) -> str:
    """Return a piece's words for comparing."""
    return piece.text.lower()
