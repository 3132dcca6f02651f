"""Finds a PDF's headings: from its outline, or from the size of its letters."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from providers.parser.document import Line, LineHeading

MAX_TITLE_CHARS = 120
MAX_TITLE_LINES = 3
"""A title set over more lines than this is looked for by its place alone."""
NUMBERING = re.compile(r"^\s*(?:(?:\d+|[A-Z])(?:\.\d+)*\.?\s+)")
NOT_WORD = re.compile(r"[\W_]+")
LARGER = 1.12
"""Letters this much taller than the body's are a heading's."""
MAX_SHARE = 0.25
"""Where more of the text looks like headings, size means something else (a poster, a form)."""
MAX_LEVELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """An entry of a PDF's outline: `page` from 0, `top` in points from the page's bottom."""

    level: int
    title: str
    page: int
    top: float | None


def from_outline(pages: Sequence[Sequence[Line]], outline: Sequence[Bookmark]) -> list[LineHeading]:
    """Place each outline entry at the line that shows its title, on the page it names."""
    return [
        LineHeading(
            level=entry.level,
            title=entry.title,
            page=entry.page,
            line=_line_of(pages[entry.page], entry),
        )
        for entry in outline
        if entry.page < len(pages)
    ]


def _line_of(lines: Sequence[Line], entry: Bookmark) -> int:
    matches = [at for at in range(len(lines)) if _shows(lines, at, entry.title)]
    if entry.top is None:
        return matches[0] if matches else 0
    top = entry.top
    if matches:
        return min(matches, key=lambda at: abs(lines[at].top - top))
    below = [at for at, line in enumerate(lines) if line.top <= top + line.size]
    return max(below, key=lambda at: lines[at].top) if below else 0


def _shows(lines: Sequence[Line], at: int, title: str) -> bool:
    wanted = _bare(title)
    shown = ""
    for line in lines[at : at + MAX_TITLE_LINES]:
        shown = f"{shown} {line.text}"
        found = _bare(shown)
        if found == wanted:
            return bool(wanted)
        if not wanted.startswith(found):
            return False
    return False


def _bare(text: str) -> str:
    without_number = NUMBERING.sub("", text)
    return NOT_WORD.sub("", without_number or text).casefold()


def from_type(pages: Sequence[Sequence[Line]]) -> list[LineHeading]:
    """Guess headings: short lines in letters larger than the body's, larger ones first."""
    body = body_size(pages)
    found = [
        (number, at, lines[at])
        for number, lines in enumerate(pages)
        for at in range(len(lines))
        if _stands_out(lines[at], body)
    ]
    letters = sum(len(line.text) for lines in pages for line in lines)
    if sum(len(line.text) for _, _, line in found) > MAX_SHARE * letters:
        return []
    sizes = sorted({line.size for _, _, line in found}, reverse=True)
    rank = {size: min(level, MAX_LEVELS) for level, size in enumerate(sizes, start=1)}
    return _joined(found, rank)


def _joined(found: list[tuple[int, int, Line]], rank: dict[float, int]) -> list[LineHeading]:
    """Make one heading of neighbouring lines of one size: a long title that was wrapped."""
    headings: list[LineHeading] = []
    last: tuple[int, int, float] | None = None
    for page, at, line in found:
        if last == (page, at - 1, line.size):
            headings[-1] = replace(headings[-1], title=f"{headings[-1].title} {line.text}")
        else:
            headings.append(LineHeading(level=rank[line.size], title=line.text, page=page, line=at))
        last = (page, at, line.size)
    return headings


def body_size(pages: Sequence[Sequence[Line]]) -> float:
    """Return the size of letters that most of the text is set in, in points."""
    letters: Counter[float] = Counter()
    for lines in pages:
        for line in lines:
            letters[line.size] += len(line.text)
    return letters.most_common(1)[0][0] if letters else 0.0


def _stands_out(line: Line, body: float) -> bool:
    has_words = sum(character.isalpha() for character in line.text) >= 3  # noqa: PLR2004
    short = len(line.text) <= MAX_TITLE_CHARS and not line.text.endswith((",", ";"))
    return has_words and short and line.size >= LARGER * body
