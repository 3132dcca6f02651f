"""Assembles pages of lines into a ParsedDocument."""

from collections.abc import Sequence
from dataclasses import dataclass

from providers.parser.languages import language_of
from providers.types import Heading, PageSpan, ParsedDocument, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a page as it was set.

    `top` is in points from the bottom of the page, `size` the height of its first letter,
    `controls` the number of control characters that were removed.
    """

    text: str
    top: float = 0.0
    size: float = 0.0
    controls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LineHeading:
    """A heading at line `line` of page `page` (both from 0)."""

    level: int
    title: str
    page: int
    line: int


def assemble(
    pages: Sequence[Sequence[Line]],
    headings: Sequence[LineHeading],
    *,
    media_type: str,
    parser: str,
    title: str | None,
) -> ParsedDocument:
    """Join pages into one text and point the headings into it; pages count from 1."""
    pieces: list[str] = []
    spans: list[PageSpan] = []
    starts: list[list[int]] = []
    offset = 0
    for number, lines in enumerate(pages, start=1):
        begin = offset
        starts.append([])
        for line in lines:
            starts[-1].append(offset)
            pieces.append(line.text)
            offset += len(line.text) + 1
        spans.append(PageSpan(number=number, start=begin, end=offset))
    text = "\n".join(pieces)
    spans = [PageSpan(number=s.number, start=s.start, end=min(s.end, len(text))) for s in spans]
    placed = [
        Heading(
            level=heading.level,
            title=heading.title,
            start=_start(starts, spans, heading),
            page=heading.page + 1,
        )
        for heading in headings
    ]
    return ParsedDocument(
        text=text,
        media_type=media_type,
        parser=parser,
        pages=tuple(spans),
        headings=tuple(sorted(placed, key=lambda heading: heading.start)),
        tables=(),
        title=title,
        language=language_of(text),
        page_count=len(pages),
        controls=sum(line.controls for lines in pages for line in lines),
    )


def _start(starts: list[list[int]], spans: list[PageSpan], heading: LineHeading) -> int:
    lines = starts[heading.page]
    return lines[heading.line] if heading.line < len(lines) else spans[heading.page].start


def without_pages(
    text: str,
    headings: Sequence[Heading],
    tables: Sequence[Span],
    *,
    media_type: str,
    parser: str,
    title: str | None,
    controls: int = 0,
) -> ParsedDocument:
    """Build the document of a format that has no pages."""
    return ParsedDocument(
        text=text,
        media_type=media_type,
        parser=parser,
        headings=tuple(headings),
        tables=tuple(tables),
        title=title,
        language=language_of(text),
        controls=controls,
    )
