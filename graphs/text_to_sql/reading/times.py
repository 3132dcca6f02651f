"""Days and periods in a question, absolute or relative to today.

A period is half open: it holds the days from `start` up to, not including, `end`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_MONTHS: Final = (
    "january february march april may june july august september october november december"
).split()
_NAMES = {name: index for index, name in enumerate(_MONTHS, 1)}
_NAMES |= {name[:3]: index for name, index in _NAMES.items()} | {"sept": 9}
_MONTH = r"(?P<month>" + "|".join(sorted(_NAMES, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_ORDINALS = {"1": 1, "2": 2, "3": 3, "4": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
_ORDINALS |= {"first": 1, "second": 2, "third": 3, "fourth": 4}
_COUNTS = {
    word: value
    for value, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve".split(), 1
    )
} | {"a": 1}
_PAST = r"(?:last|past|previous|preceding)"
_UNIT = r"(?P<unit>day|week|month|quarter|year)"
_QUARTERS, _MONTHS_A_QUARTER, _DECEMBER = 4, 3, 12


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start` up to, not including, `end`; `unit` is what the words named."""

    start: date
    end: date
    unit: str
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Timed:
    """A period or a single day where the question names it, by characters."""

    start: int
    end: int
    period: Period


def times_of(text: str, today: date) -> list[Timed]:
    """Return the times that a text names, in order; none overlaps another."""
    found: list[Timed] = []
    for pattern, read in _FORMS:
        for match in pattern.finditer(text):
            if any(match.start() < one.end and one.start < match.end() for one in found):
                continue
            period = _safe(read, match, today)
            if period is not None:
                found.append(Timed(match.start(), match.end(), period))
    return sorted(found, key=lambda one: one.start)


def month_of(year: int, month: int, *, months: int = 1) -> tuple[date, date]:
    """Return the first day of a month and the first after so many months."""
    return date(year, month, 1), _shift(date(year, month, 1), months)


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last of a month that is too short."""
    first = _shift(day.replace(day=1), -months)
    return first + timedelta(days=min(day.day, _length(first)) - 1)


def _safe(
    read: Callable[[re.Match[str], date], Period], match: re.Match[str], today: date
) -> Period | None:
    try:
        return read(match, today)
    except (ValueError, OverflowError):  # the thirty-first of February, a thousand years ago
        return None


def _shift(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _day(match: re.Match[str], _: date) -> Period:
    parts = match.groupdict()
    month = parts["month"]
    number = int(month) if month.isdigit() else _NAMES[month.lower()]
    day = date(int(parts["year"]), number, int(parts["day"]))
    return Period(day, day + timedelta(days=1), "day")


def _month(match: re.Match[str], _: date) -> Period:
    month = match["month"]
    number = int(month) if month.isdigit() else _NAMES[month.lower()]
    return Period(*month_of(int(match["year"]), number), "month")


def _quarter(match: re.Match[str], _: date) -> Period:
    first = (_ORDINALS[match["nth"].lower()] - 1) * _MONTHS_A_QUARTER + 1
    return Period(*month_of(int(match["year"]), first, months=_MONTHS_A_QUARTER), "quarter")


def _half(match: re.Match[str], _: date) -> Period:
    first = 1 if match["nth"].lower() in {"1st", "first"} else 7
    return Period(*month_of(int(match["year"]), first, months=6), "half")


def _year(match: re.Match[str], _: date) -> Period:
    return Period(*month_of(int(match["year"]), 1, months=12), "year")


def _named_day(match: re.Match[str], today: date) -> Period:
    back = 1 if match.group().lower() == "yesterday" else 0
    day = today - timedelta(days=back)
    return Period(day, day + timedelta(days=1), "day", relative=True)


def _whole(match: re.Match[str], today: date) -> Period:
    """Read `last month`, `this year`: the calendar's own unit."""
    start, end = _around(match["unit"].lower(), today)
    if match["which"].lower() not in {"this", "current"}:
        start, end = _around(match["unit"].lower(), start - timedelta(days=1))
    return Period(start, end, match["unit"].lower(), relative=True)


def _to_date(match: re.Match[str], today: date) -> Period:
    start, _ = _around(match["unit"].lower(), today)
    return Period(start, today + timedelta(days=1), "to date", relative=True)


def _rolling(match: re.Match[str], today: date) -> Period:
    """Read `last 30 days`: so far back from today, today included."""
    written = match["count"].lower()
    count = int(written) if written.isdigit() else _COUNTS[written]
    unit = match["unit"].lower()
    if unit in {"day", "week"}:
        start = today - timedelta(days=count * (7 if unit == "week" else 1))
    else:
        start = months_before(
            today, count * {"month": 1, "quarter": _MONTHS_A_QUARTER, "year": 12}[unit]
        )
    return Period(start, today + timedelta(days=1), "rolling", relative=True)


def _length(first: date) -> int:
    return (_shift(first, 1) - first).days


def _around(unit: str, day: date) -> tuple[date, date]:
    if unit == "day":
        return day, day + timedelta(days=1)
    if unit == "week":
        start = day - timedelta(days=day.weekday())
        return start, start + timedelta(days=7)
    if unit == "year":
        return month_of(day.year, 1, months=12)
    months = _MONTHS_A_QUARTER if unit == "quarter" else 1
    return month_of(day.year, (day.month - 1) // months * months + 1, months=months)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:the\s+)?{pattern}(?![\w-])", re.IGNORECASE)


def _forms() -> Iterator[tuple[re.Pattern[str], Callable[[re.Match[str], date], Period]]]:
    counts = r"(?P<count>\d{1,4}|" + "|".join(_COUNTS) + ")"
    nth = r"(?P<nth>[1-4]|1st|2nd|3rd|4th|first|second|third|fourth)"
    yield _compiled(rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)"), _day
    yield _compiled(rf"{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}"), _day
    yield _compiled(rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}"), _day
    yield _compiled(rf"q{nth}\s*(?:of\s+|/)?\s*{_YEAR}"), _quarter
    yield _compiled(rf"{_YEAR}\s*(?:-\s*)?q{nth}"), _quarter
    yield _compiled(rf"{nth}\s+quarter\s+(?:of\s+)?{_YEAR}"), _quarter
    yield _compiled(rf"(?P<nth>1st|2nd|first|second)\s+half\s+(?:of\s+)?{_YEAR}"), _half
    yield _compiled(rf"(?:month\s+of\s+)?{_MONTH},?\s+(?:of\s+)?{_YEAR}"), _month
    yield _compiled(rf"{_YEAR}-(?P<month>0[1-9]|1[0-2])"), _month
    yield _compiled(rf"(?:(?:calendar\s+)?year\s+(?:of\s+)?){_YEAR}"), _year
    yield _compiled(rf"{_PAST}\s+{counts}\s+(?:calendar\s+)?{_UNIT}s?"), _rolling
    yield _compiled(r"(?:today|yesterday)"), _named_day
    yield _compiled(rf"{_UNIT}\s+to\s+date"), _to_date
    yield _compiled(rf"so\s+far\s+this\s+{_UNIT}"), _to_date
    yield _compiled(rf"(?P<which>this|current|last|previous)\s+(?:calendar\s+)?{_UNIT}"), _whole
    yield _compiled(_YEAR), _year


_FORMS = tuple(_forms())
