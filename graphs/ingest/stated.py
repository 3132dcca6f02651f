"""Which version and date a document gives itself, in its name, its title or on its first page.

The dates in a file's properties are not asked: programs write a new one at each export.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import PurePosixPath

from data.values import Stated
from providers.types import ParsedDocument

FIRST_CHARS = 3000
"""How much is the first page of a format without pages."""
FIRST_LINES = 40
LINE_CHARS = 80
"""A statement stands on a line of its own; a long line is prose about something else."""

_DIGITS = r"\d{1,4}(?:\.\d{1,4}){0,3}[a-z]?"
_END = r"(?![\w.]*\w)"
_LABEL = r"(?:version|revision|rev|ver|edition|issue|ausgabe|auflage|fassung)"
_LABELLED = re.compile(
    rf"\b(?i:{_LABEL})\b[.:]?\s*(?:(?i:no|nr)\.?\s*)?(?P<number>{_DIGITS}|[A-Z]){_END}"
)
_SHORT = re.compile(rf"(?<![\w.])(?i:v|r)\.?\s?(?P<number>{_DIGITS}){_END}")
_ORDINAL = re.compile(
    r"\b(?P<number>\d{1,3})(?:st|[nr]d|th|\.)\s+(?i:edition|revision|auflage|ausgabe|fassung)\b"
)
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:firmware|software|hardware|bluetooth|usb|hdmi|app|bios|windows|android|ios|api)\s*$",
    re.IGNORECASE,
)
_MONTHS = (
    ("jan", "january", "januar", "jänner"),
    ("feb", "february", "februar"),
    ("mar", "march", "märz", "mrz"),
    ("apr", "april"),
    ("may", "mai"),
    ("jun", "june", "juni"),
    ("jul", "july", "juli"),
    ("aug", "august"),
    ("sep", "sept", "september"),
    ("oct", "october", "okt", "oktober"),
    ("nov", "november"),
    ("dec", "december", "dez", "dezember"),
)
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, 1) for name in names}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_OF, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?<!\d){_YEAR}[-/.](?P<month>\d{{1,2}})[-/.]{_DAY}(?!\d)",
        rf"(?<!\d){_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}(?!\d)",
        rf"(?<!\d){_DAY}(?:st|[nr]d|th|\.)?\s+{_MONTH}\s*,?\s+{_YEAR}(?!\d)",
        rf"\b{_MONTH}\s+{_DAY}(?:st|[nr]d|th)?\s*,?\s+{_YEAR}(?!\d)",
        rf"\b{_MONTH}\s*,?\s+{_YEAR}(?!\d)",
        rf"(?<![\d./-])(?P<month>\d{{1,2}})[/.]{_YEAR}(?![./-]?\d)",
        rf"(?<!\d){_YEAR}-(?P<month>\d{{2}})(?![\d-])",
        r"(?<!\d)(?P<year>20\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])(?!\d)",
    )
)


def stated_by(document: ParsedDocument, source: str) -> Stated:
    """Return the first version and the first date that are stated, looking in that order.

    Args:
        document: what the parser left.
        source: the document's name in its collection.
    """
    name = re.sub(r"[_\s]+", " ", PurePosixPath(source).stem)
    lines = [name, document.title or "", *_first_lines(document)]
    return Stated(
        version=next(filter(None, map(version_in, lines)), None),
        date=next(filter(None, map(date_in, lines)), None),
    )


def _first_lines(document: ParsedDocument) -> Iterator[str]:
    end = document.pages[0].end if document.pages else FIRST_CHARS
    for line in document.text[:end].splitlines()[:FIRST_LINES]:
        stripped = line.strip(" \t*_#|>")
        if stripped and len(stripped) <= LINE_CHARS:
            yield stripped


def version_in(line: str) -> str | None:
    """Return the version that a short line states of its own document."""
    for pattern in (_ORDINAL, _LABELLED, _SHORT):
        for match in pattern.finditer(line):
            if not _OF_SOMETHING_ELSE.search(line[: match.start()]):
                return _plain(match["number"])
    return None


def _plain(number: str) -> str:
    return ".".join(part.lstrip("0") or "0" for part in number.split(".")).upper()


def date_in(line: str) -> datetime | None:
    """Return the date that a short line states; without a day it is the first of the month."""
    for pattern in _DATES:
        for match in pattern.finditer(line):
            found = _date(match.groupdict())
            if found is not None:
                return found
    return None


def _date(parts: dict[str, str | None]) -> datetime | None:
    month = parts["month"] or ""
    number = _MONTH_OF.get(month.casefold()) or (int(month) if month.isdigit() else 0)
    try:
        day = date(int(parts["year"] or 0), number, int(parts.get("day") or 1))
    except ValueError:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def order(this: Stated, other: Stated) -> int:
    """Return 1 when `this` says that it is newer than `other`, -1 when older, 0 when neither."""
    one, two = _version_key(this.version), _version_key(other.version)
    if one is not None and two is not None and one[0] == two[0] and one != two:
        return 1 if one > two else -1
    if this.date is not None and other.date is not None and this.date != other.date:
        return 1 if this.date > other.date else -1
    return 0


def _version_key(version: str | None) -> tuple[bool, tuple[int, ...], str] | None:
    """Return what orders versions of one kind: numbers among numbers, letters among letters."""
    if version is None:
        return None
    if not version[0].isdigit():
        return False, (), version
    parts = [int(digits) for digits in re.findall(r"\d+", version)]
    while len(parts) > 1 and parts[-1] == 0:
        parts.pop()
    return True, tuple(parts), version[-1] if version[-1].isalpha() else ""
