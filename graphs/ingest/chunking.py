"""Puts a document's text into chunks that follow its structure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from graphs.ingest.sections import Section, sections_of
from graphs.ingest.settings import ChunkSettings
from graphs.ingest.splitting import Piece, pieces_of, trim
from graphs.ingest.tokens import TokenIndex
from providers.types import PageSpan, ParsedDocument, Span

RULES = "1"
"""Counts up when the rules below change what a chunk is."""
SLACK = 1.15
"""Parts of a long section are made about equally long; one may exceed its share by this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A passage: `text` is literally `document.text[start:end]`.

    `header` is the header of a long table that this chunk continues: it is indexed with the
    text but is no part of it. `page_spans` count within the chunk; pages are physical, from 1.
    """

    ordinal: int
    text: str
    start: int
    end: int
    heading_path: tuple[str, ...]
    token_count: int
    kind: str
    header: str = ""
    page_start: int | None = None
    page_end: int | None = None
    page_spans: tuple[PageSpan, ...] = ()


def chunker_version(settings: ChunkSettings) -> str:
    """Return the name of these rules and sizes; part of each chunk's identity."""
    return f"structure-{RULES}:{settings.max_tokens}:{settings.overlap_tokens}"


def cut(
    document: ParsedDocument, spans: Sequence[tuple[int, int]], settings: ChunkSettings
) -> list[Chunk]:
    """Cut a document into chunks.

    No chunk crosses a heading. A section that fits is one chunk; a longer one is cut at
    paragraphs, then sentences, lines and tokens.

    Args:
        document: what the parser left.
        spans: the tokens of `document.text`, from `Embedder.token_spans`.
        settings: the sizes.
    """
    tokens = TokenIndex(spans)
    groups = [
        (section, group)
        for section in sections_of(document)
        for group in _groups(document, section, tokens, settings)
    ]
    return [
        _chunk(document, section, group, tokens, ordinal)
        for ordinal, (section, group) in enumerate(groups)
    ]


def _groups(
    document: ParsedDocument, section: Section, tokens: TokenIndex, settings: ChunkSettings
) -> Iterator[list[Piece]]:
    whole = trim(document.text, Span(start=section.start, end=section.end))
    if whole is None:
        return
    total = tokens.count(whole.start, whole.end)
    if total <= settings.max_tokens:
        only_table = any(t.start <= whole.start and whole.end <= t.end for t in document.tables)
        yield [Piece(start=whole.start, end=whole.end, is_table=only_table)]
        return
    pieces = pieces_of(document.text, whole, document.tables, tokens, settings.max_tokens)
    share = SLACK * total / ceil(total / settings.max_tokens)
    limit = min(settings.max_tokens - settings.overlap_tokens, ceil(share))
    packed = _packed(pieces, tokens, limit)
    yield from _overlapped(packed, tokens, settings)


def _packed(pieces: Sequence[Piece], tokens: TokenIndex, limit: int) -> list[list[Piece]]:
    groups: list[list[Piece]] = []
    for piece in pieces:
        if groups and _joins(groups[-1], piece, tokens, limit):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return groups


def _joins(group: list[Piece], piece: Piece, tokens: TokenIndex, limit: int) -> bool:
    """Rows that need their table's header repeated stand with rows of that table alone."""
    start = group[0].start
    header = _missing_header(start, piece)
    if header != _missing_header(start, group[-1]):
        return False
    repeated = tokens.count(header.start, header.end) if header else 0
    return repeated + tokens.count(start, piece.end) <= limit


def _missing_header(start: int, piece: Piece) -> Span | None:
    """Return the table header that a chunk from `start` to `piece` has to repeat."""
    return piece.header if piece.header and start > piece.header.start else None


def _overlapped(
    groups: list[list[Piece]], tokens: TokenIndex, settings: ChunkSettings
) -> Iterator[list[Piece]]:
    """Let each group begin with the last pieces of the one before, as far as there is room."""
    for at, group in enumerate(groups):
        before = groups[at - 1][1:] if at else []
        room = min(
            settings.overlap_tokens,
            settings.max_tokens - tokens.count(group[0].start, group[-1].end),
        )
        shared = [
            piece
            for piece in before
            if not piece.is_table
            and not group[0].is_table
            and tokens.count(piece.start, group[0].start) <= room
        ]
        yield [*shared, *group]


def _chunk(
    document: ParsedDocument,
    section: Section,
    group: list[Piece],
    tokens: TokenIndex,
    ordinal: int,
) -> Chunk:
    start, end = group[0].start, group[-1].end
    header = _missing_header(start, group[-1])
    pages = _pages(document.pages, start, end)
    return Chunk(
        ordinal=ordinal,
        text=document.text[start:end],
        start=start,
        end=end,
        heading_path=section.path,
        token_count=tokens.count(start, end),
        kind="table" if all(piece.is_table for piece in group) else "text",
        header=document.text[header.start : header.end] if header else "",
        page_start=pages[0].number if pages else None,
        page_end=pages[-1].number if pages else None,
        page_spans=pages,
    )


def _pages(pages: Sequence[PageSpan], start: int, end: int) -> tuple[PageSpan, ...]:
    first = bisect_right(pages, start, key=lambda page: page.end)
    last = bisect_left(pages, end, key=lambda page: page.start)
    return tuple(
        PageSpan(
            number=page.number,
            start=max(page.start, start) - start,
            end=min(page.end, end) - start,
        )
        for page in pages[first:last]
        if page.start < page.end
    )


def context_line(title: str, heading_path: Sequence[str]) -> str:
    """Return where a chunk stands, in words: the document's title and the headings above it."""
    return " › ".join([title, *heading_path] if title else heading_path)


def indexed_text(chunk: Chunk, title: str) -> str:
    """Return what is embedded and encoded for a chunk: its context, then its text."""
    parts = (context_line(title, chunk.heading_path), chunk.header, chunk.text)
    return "\n".join(part for part in parts if part)
