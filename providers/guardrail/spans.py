"""Splits a text into what is judged by itself."""

import re
from collections.abc import Iterator

from providers.chat_model.reading.sentences import Unit, UnitKind, units
from providers.types import GuardStage

_MIN_WORDS = 3
"""Shorter parts of passages say too little."""
_WORDS_OF_CELL = 5
"""Cells of fewer words are values, not sentences."""
_COMMENT = re.compile(r"<!--(?P<inside>.+?)-->", re.DOTALL)
_CELL = re.compile(r"[^|]+")


def spans(text: str, stage: GuardStage) -> list[tuple[int, int]]:
    """Return the spans to judge: sentences; in a passage table cells and comments too.

    A question of several sentences is judged as a whole first.
    """
    found = units(text)
    if stage is GuardStage.QUESTION:
        parts = [(unit.start, unit.end) for unit in found]
        return parts if len(parts) == 1 else [(0, len(text)), *parts]
    parts = [part for unit in found for part in _parts(unit, text)]
    parts += [match.span("inside") for match in _COMMENT.finditer(text)]
    return [
        (start, end)
        for start, end in dict.fromkeys(parts)
        if len(text[start:end].split()) >= _MIN_WORDS
    ]


def _parts(unit: Unit, text: str) -> Iterator[tuple[int, int]]:
    if unit.kind is UnitKind.HEADER:
        return
    if unit.kind is not UnitKind.ROW:
        yield unit.start, unit.end
        return
    for match in _CELL.finditer(text, unit.start, unit.end):
        if len(match.group().split()) >= _WORDS_OF_CELL:
            yield match.span()
