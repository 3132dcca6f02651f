"""Finds tables that lost their lines: rows of words and values, one below the other.

Text that was taken from a PDF has no marks between cells. A table shows by its header (short,
without a full stop or a value) and by rows that do not end like sentences.
"""

import re
from collections.abc import Sequence

from providers.chat_model.reading.quantities import quantities

MIN_ROWS = 2
"""Fewest rows of a table."""
MIN_VALUES = 3
"""Fewest values in a line that is a row of a table for their sake."""
MAX_HEADER_CHARS = 120

_TERMINATED = re.compile(r"[.!?:;…][\"'”“»)\]]*$")
_CODE = re.compile(r"^[A-Z]{1,3}[ -]?\d{1,4}\b")
_CODES = re.compile(r"\b[A-Z]{1,3}[ -]?\d{1,4}\b")
_LISTED = re.compile(r"^(?:[-*•–▪●]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s|^\||^#")
_NUMBERED = re.compile(r"^(?:\d+(?:\.\d+)*|[A-Z]\d+)\s")
_CONDITION = re.compile(r"\b(?:at|of|for|in|per|bei|von|je|pro)\s[-−]?\d\S*(?:\s[^\w\s]\w?)?")
_NEXT_CELL = re.compile(r"[\w%)] [A-ZÄÖÜ][a-zäöüß]")


def flat_rows(lines: Sequence[str]) -> dict[int, str]:
    """Return for each line that is a row the header above it; a header maps to itself.

    Args:
        lines: The lines of a text in order, wrapped ones joined.
    """
    found: dict[int, str] = {}
    index = 0
    while index < len(lines):
        rows = _rows_below(lines, index) if _is_header(lines, index) else []
        if len(rows) >= MIN_ROWS:
            header = lines[index].strip()
            found |= {line: header for line in (index, *rows)}
            index = rows[-1]
        index += 1
    return found


def is_row_of_values(line: str) -> bool:
    """Tell whether a line has several values with units and does not end like a sentence."""
    text = line.strip()
    values = [quantity for quantity in quantities(text) if quantity.dimension]
    return len(values) >= MIN_VALUES and _is_open(text) and text[0].isupper()


def _rows_below(lines: Sequence[str], header: int) -> list[int]:
    rows = []
    for index in range(header + 1, len(lines)):
        if not _is_row(lines[index].strip()):
            break
        rows.append(index)
    return rows


def _is_header(lines: Sequence[str], index: int) -> bool:
    if not _could_head(lines[index]) or (index == 0 and "\n" in lines[index].strip()):
        return False
    # The first line may be the title of the section; then the header is below it.
    return not (index == 0 and len(lines) > 1 and _could_head(lines[1]))


def _could_head(line: str) -> bool:
    text = line.strip()
    if len(text) > MAX_HEADER_CHARS or len(text.split()) == 1 or not _is_open(text):
        return False
    # One code begins a row; several of them are models, each above its column.
    if (
        (_CODE.match(text) and len(_CODES.findall(text)) == 1)
        or _NUMBERED.match(text)
        or not text[0].isupper()
    ):
        return False
    return not any(quantity.dimension for quantity in quantities(_CONDITION.sub("", text)))


def _is_open(text: str) -> bool:
    return not _TERMINATED.search(text) and not _LISTED.match(text)


def _is_row(text: str) -> bool:
    """Tell whether a line may be a row: open-ended, a code with its meaning, or of cells."""
    if _LISTED.match(text):
        return False
    if _is_open(text) or _CODE.match(text):
        return True
    return "\n" not in text and _NEXT_CELL.search(text) is not None
