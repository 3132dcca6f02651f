"""Turns an answer's text into HTML: paragraphs, lists, emphasis and citation chips.

Everything is escaped before anything is marked up: a document may hold markup of its own,
and an answer quotes documents.
"""

import html
import re
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Final

from console.wording import place
from service.schemas import Citation

_MARKER: Final = re.compile(r"\s*\[(\d{1,3})\]")
_BOLD: Final = re.compile(r"\*\*(\S(?:[^*\n]*\S)?)\*\*")
_CODE: Final = re.compile(r"`([^`\n]+)`")
_BULLET: Final = re.compile(r"^\s*[-*•]\s+")
_NUMBER: Final = re.compile(r"^\s*\d{1,3}[.)]\s+")


def rich_text(text: str, citations: Mapping[int, Citation]) -> str:
    """Render text; a marker such as `[1]` becomes a button that shows its source."""
    blocks = [block for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return "".join(_block(block, citations) for block in blocks)


def _block(block: str, citations: Mapping[int, Citation]) -> str:
    parts = []
    for kind, group in groupby(block.splitlines(), key=_kind):
        lines = list(group)
        if kind == "p":
            inner = "<br>".join(_inline(line, citations) for line in lines)
            parts.append(f"<p>{inner}</p>")
        else:
            strip = _BULLET if kind == "ul" else _NUMBER
            items = "".join(f"<li>{_inline(strip.sub('', line), citations)}</li>" for line in lines)
            parts.append(f"<{kind}>{items}</{kind}>")
    return "".join(parts)


def _kind(line: str) -> str:
    if _BULLET.match(line):
        return "ul"
    return "ol" if _NUMBER.match(line) else "p"


def _inline(text: str, citations: Mapping[int, Citation]) -> str:
    escaped = html.escape(text)
    escaped = _CODE.sub(r"<code>\1</code>", escaped)
    escaped = _BOLD.sub(r"<strong>\1</strong>", escaped)
    return _MARKER.sub(_chip_for(citations), escaped)


def _chip_for(citations: Mapping[int, Citation]) -> Callable[[re.Match[str]], str]:
    def chip(match: re.Match[str]) -> str:
        marker = int(match[1])
        found = citations.get(marker)
        if found is None:
            return match[0]
        where = place(found.page, found.heading_path)
        label = html.escape(f"Source {marker}: {found.source}{where and ', ' + where}")
        return (
            f'<button type="button" class="chip" data-marker="{marker}" '
            f'aria-label="{label}" title="{label}">{marker}</button>'
        )

    return chip
