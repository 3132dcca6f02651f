"""Takes running headers, footers, page numbers and contents lists out of pages."""

import re
from collections import Counter
from collections.abc import Iterable

from providers.parser.document import Line
from providers.parser.pdf_headings import LARGER, body_size

EDGE_LINES = 2
"""Lines at the top and at the bottom of a page that may be running headers or footers."""
MIN_PAGES = 4
"""With fewer pages, a repeated line may just be a repeated line."""
MIN_REPEATS = 3
MIN_SHARE = 0.6
"""A line at the edge of this share of all pages is furniture, numbers aside; but not one in
large letters: "Step 1", "Step 2" at the top of each page are headings."""
MIN_LEADERS = 4
"""This many dotted lines make a contents list; it says where things stand, not what they are."""
DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
LEADER = re.compile(r"(?:\.\s?){4,}\s*\d*$")


def without_furniture(pages: list[list[Line]]) -> list[list[Line]]:
    """Return the pages without lines that repeat at their edges and without contents lists."""
    repeated = _repeated(pages)
    return [_without_contents(_trimmed(lines, repeated)) for lines in pages]


def _repeated(pages: list[list[Line]]) -> set[str]:
    if len(pages) < MIN_PAGES:
        return set()
    tallest = LARGER * body_size(pages)
    counts = Counter(
        key
        for lines in pages
        for key in {_key(line) for line in _edges(lines) if line.size < tallest}
    )
    filled = sum(1 for lines in pages if lines)
    return {key for key, count in counts.items() if count >= max(MIN_REPEATS, MIN_SHARE * filled)}


def _edges(lines: list[Line]) -> Iterable[Line]:
    return lines[:EDGE_LINES] + lines[EDGE_LINES:][-EDGE_LINES:]


def _key(line: Line) -> str:
    return DIGITS.sub("#", line.text.casefold())


def _trimmed(lines: list[Line], repeated: set[str]) -> list[Line]:
    edges = {*range(EDGE_LINES), *range(len(lines) - EDGE_LINES, len(lines))}
    return [line for at, line in enumerate(lines) if at not in edges or _key(line) not in repeated]


def _without_contents(lines: list[Line]) -> list[Line]:
    dotted = [bool(LEADER.search(line.text)) for line in lines]
    if sum(dotted) < MIN_LEADERS:
        return lines
    return [line for line, leads in zip(lines, dotted, strict=True) if not leads]
