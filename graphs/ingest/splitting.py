"""Cuts a section into the smallest pieces that a chunk may be put together from."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from graphs.ingest.tokens import TokenIndex
from providers.types import Span

PARAGRAPH = re.compile(r"\n\s*\n")
SENTENCE = re.compile(
    r"(?<=[.!?…:])[\"')\]»”]*\s+(?=[^\sa-z])|(?<=[。！？])|\n(?=\s*(?:[-*•▪–]|\d+[.)])\s)"
)
"""After an end mark before a capital, a digit or a sign; and before the items of a list."""
LINE = re.compile(r"\n")
BORDERS = (PARAGRAPH, SENTENCE, LINE)
"""Where a text may be cut, best place first; what is still too long is cut between tokens."""
HEADER_ROWS = 2
"""A pipe table opens with its header and the rule below it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Characters [start, end) that stay together.

    `is_table` tells whether they are (a part of) a table; `header` is the table's header when
    the piece is a row of a table that was too long to stay whole.
    """

    start: int
    end: int
    is_table: bool = False
    header: Span | None = None


def pieces_of(
    text: str, span: Span, tables: Sequence[Span], tokens: TokenIndex, max_tokens: int
) -> list[Piece]:
    """Cut `span` of `text` into pieces of at most `max_tokens` tokens, in order."""
    pieces: list[Piece] = []
    offset = span.start
    for table in tables:
        start, end = max(table.start, span.start), min(table.end, span.end)
        inside = trim(text, Span(start=start, end=end)) if start < end else None
        if inside is not None:
            pieces.extend(_prose(text, Span(start=offset, end=inside.start), tokens, max_tokens))
            pieces.extend(_table(text, inside, tokens, max_tokens))
            offset = inside.end
    pieces.extend(_prose(text, Span(start=offset, end=span.end), tokens, max_tokens))
    return pieces


def _prose(text: str, span: Span, tokens: TokenIndex, max_tokens: int) -> list[Piece]:
    stretches = _split(text, span, BORDERS, tokens, max_tokens)
    return [Piece(start=each.start, end=each.end) for each in stretches]


def _split(
    text: str,
    span: Span,
    borders: Sequence[re.Pattern[str]],
    tokens: TokenIndex,
    max_tokens: int,
) -> Iterator[Span]:
    trimmed = trim(text, span)
    if trimmed is None:
        return
    if not borders:
        windows = tokens.windows(trimmed.start, trimmed.end, max_tokens)
        yield from _trimmed(text, (Span(start=start, end=end) for start, end in windows))
    elif borders[0] is not PARAGRAPH and _fits(trimmed, tokens, max_tokens):
        yield trimmed
    else:
        for part in _cut(text, trimmed, borders[0]):
            yield from _split(text, part, borders[1:], tokens, max_tokens)


def _fits(span: Span, tokens: TokenIndex, max_tokens: int) -> bool:
    return tokens.count(span.start, span.end) <= max_tokens


def _cut(text: str, span: Span, border: re.Pattern[str]) -> Iterator[Span]:
    start = span.start
    for match in border.finditer(text, span.start, span.end):
        if match.end() > start:
            yield Span(start=start, end=match.end())
            start = match.end()
    yield Span(start=start, end=span.end)


def trim(text: str, span: Span) -> Span | None:
    """Return the span without white space at its ends, or None when nothing else is there."""
    inner = text[span.start : span.end]
    start = span.start + len(inner) - len(inner.lstrip())
    end = span.start + len(inner.rstrip())
    return Span(start=start, end=end) if start < end else None


def _trimmed(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        if (trimmed := trim(text, span)) is not None:
            yield trimmed


def _table(text: str, span: Span, tokens: TokenIndex, max_tokens: int) -> Iterator[Piece]:
    if _fits(span, tokens, max_tokens):
        yield Piece(start=span.start, end=span.end, is_table=True)
        return
    rows = list(_trimmed(text, _cut(text, span, LINE)))
    header = Span(start=rows[0].start, end=rows[:HEADER_ROWS][-1].end)
    cost = tokens.count(header.start, header.end)
    repeats = cost <= max_tokens // 2
    budget = max_tokens - cost if repeats else max_tokens
    for number, row in enumerate(rows):
        yield from (
            Piece(
                start=part.start,
                end=part.end,
                is_table=True,
                header=header if repeats and number >= HEADER_ROWS else None,
            )
            for part in _split(text, row, BORDERS[1:], tokens, budget)
        )
