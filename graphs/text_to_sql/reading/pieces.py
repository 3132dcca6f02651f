"""Cuts a question into pieces: values, names of the schema, operations, and the rest."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from graphs.text_to_sql.reading.asking import GLUE, Op, op_at
from graphs.text_to_sql.reading.index import ValueIndex
from graphs.text_to_sql.reading.mentions import Mention, mentions_of
from graphs.text_to_sql.reading.tokens import Token, tokens_of
from graphs.text_to_sql.reading.vocabulary import Element, Vocabulary

_BREAK = re.compile(r"[,;:?!()]|\.(?:\s|$)| [-–] ")
"""Where a phrase ends; the comma in `without an order, number and name`."""


_SUPERLATIVES = frozenset({Op.MAX, Op.MIN, Op.TOP})


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a question, and what they may stand for.

    A piece that is glue or means nothing known has neither of the three; only the latter has
    `unknown`.
    """

    text: str
    start: int
    end: int
    mention: Mention | None = None
    elements: tuple[Element, ...] = ()
    op: Op | None = None
    unknown: bool = False

    @property
    def is_glue(self) -> bool:
        """Tell whether it says nothing."""
        return not (self.mention or self.elements or self.op or self.unknown)


@dataclass(frozen=True, slots=True)
class Reading:
    """A question in pieces, in order."""

    question: str
    pieces: tuple[Piece, ...]

    @property
    def mentions(self) -> list[Mention]:
        """The values that it names."""
        return [piece.mention for piece in self.pieces if piece.mention is not None]

    @property
    def unknown(self) -> list[str]:
        """The words that nothing explains."""
        return [piece.text for piece in self.pieces if piece.unknown]


def read(question: str, vocabulary: Vocabulary, index: ValueIndex, today: date) -> Reading:
    """Cut a question into pieces; values win over names, longer phrases over shorter ones.

    A phrase that names a part of the schema and an operation alike (`total`) is both.
    """
    tokens = tokens_of(question)
    mentions = mentions_of(question, tokens, index, today)
    pieces: list[Piece] = []
    at = 0
    while at < len(tokens):
        mention = next((one for one in mentions if one.start <= tokens[at].start < one.end), None)
        if mention is not None:
            pieces.append(Piece(mention.text, mention.start, mention.end, mention=mention))
            while at < len(tokens) and tokens[at].start < mention.end:
                at += 1
            continue
        size, piece = _words(question, tokens, at, vocabulary, mentions)
        if piece.op is Op.ORDER and pieces and pieces[-1].op in _SUPERLATIVES:
            # The largest order by value: an order, and no order of rows.
            found, elements = vocabulary.at(tokens[at : at + 1], 0)
            if found:
                first = tokens[at]
                size, piece = 1, Piece(first.text, first.start, first.end, elements=elements)
        pieces.append(piece)
        at += size
    return Reading(question, tuple(pieces))


def _words(
    question: str,
    tokens: Sequence[Token],
    at: int,
    vocabulary: Vocabulary,
    mentions: Sequence[Mention],
) -> tuple[int, Piece]:
    # Words up to the next value: a phrase does not reach into it.
    start = tokens[at].start
    ends = [mention.start for mention in mentions if mention.start >= start]
    stop = _BREAK.search(question, tokens[at].end)
    ends += [stop.start()] if stop else []
    free = [token for token in tokens[at:] if token.start < min(ends, default=len(question) + 1)]
    named, elements = vocabulary.at(free, 0)
    asked, op = op_at(free, 0)
    size = max(named, asked, 1)
    first, last = tokens[at], tokens[at + size - 1]
    known = bool(named or asked)
    piece = Piece(
        question[first.start : last.end],
        first.start,
        last.end,
        elements=elements if named == size else (),
        op=op if asked == size else None,
        unknown=not known and first.text not in GLUE,
    )
    return size, piece
