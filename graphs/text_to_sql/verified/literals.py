"""The literals of a query, and how each says what a question names."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlglot import exp

from graphs.text_to_sql.reading.mentions import Mention
from graphs.text_to_sql.reading.times import Period, months_before


class Form(StrEnum):
    """How a literal says a value of the question."""

    SAME = "same"
    CONTAINS = "contains"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    LIMIT = "limit"
    START = "start"
    END = "end"
    LAST = "last"
    YEAR = "year"
    MONTH = "month"
    AGO = "ago"


_IN_DAYS = {"day": 1, "week": 7}
_IN_MONTHS = {"month": 1, "quarter": 3, "year": 12}


_MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Bound:
    """A literal by its place among the query's literals, how it says its value, and its column."""

    index: int
    form: Form
    column: tuple[str, str] | None = None


def literals_of(tree: exp.Expr) -> list[exp.Literal]:
    """Return the literals of a query in a fixed order."""
    return list(tree.find_all(exp.Literal))


def forms_of(literal: exp.Literal, mention: Mention, today: date) -> Form | None:
    """Tell how a literal says what a question names; None when it says something else.

    A number of days may be said by the day that lies so many days before `today`.
    """
    if mention.period is not None:
        return _of_period(literal, mention.period)
    if mention.number is not None:
        return _of_number(literal, mention.number, mention.unit, today)
    spellings = {place.value.casefold() for place in mention.places} | {mention.text.casefold()}
    text = literal.name.casefold()
    if not literal.is_string:
        return None
    for form, pattern in _PATTERNS.items():
        if any(text == pattern.format(spelling) for spelling in spellings):
            return form
    return None


_PATTERNS = {Form.SAME: "{}", Form.CONTAINS: "%{}%", Form.PREFIX: "{}%", Form.SUFFIX: "%{}"}


def value_of(
    form: Form,
    mention: Mention,
    spelling: str | None,
    *,
    was: exp.Literal,
    today: date,
    unit: str | None = None,
) -> Any:
    """Return what a literal of this form says for another mention; None when it cannot say it.

    `unit` is the unit of time that the literal counts: two years are 24 of its months.
    """
    if mention.period is not None:
        return _period_value(form, mention.period, text=was.is_string)
    if mention.number is not None and form is Form.AGO:
        return _ago(mention.number, mention.unit or unit, today)
    if mention.number is not None:
        number = _in_unit(mention.number, mention.unit or unit, unit)
        if number is None:
            return None
        whole = form is not Form.LIMIT or isinstance(number, int)
        value = str(number) if was.is_string else number
        return value if whole and form in {Form.SAME, Form.LIMIT} else None
    text = spelling or mention.text
    pattern = _PATTERNS.get(form)
    return None if pattern is None else pattern.format(text)


def _ago(number: float, unit: str | None, today: date) -> str | None:
    if not isinstance(number, int) or number > _MOST_DAYS:
        return None
    if unit not in _IN_MONTHS:
        return (today - timedelta(days=number * _IN_DAYS.get(unit or "", 1))).isoformat()
    try:
        return months_before(today, number * _IN_MONTHS[unit]).isoformat()
    except ValueError:  # before the first year
        return None


def _in_unit(number: float, unit: str | None, wanted: str | None) -> float | None:
    """Return a number of one unit of time in another; None where it is no whole multiple."""
    if unit == wanted:
        return number
    for sizes in (_IN_DAYS, _IN_MONTHS):
        if unit in sizes and wanted in sizes and sizes[unit] % sizes[wanted] == 0:
            return number * (sizes[unit] // sizes[wanted])
    return None


def _of_number(literal: exp.Literal, number: float, unit: str | None, today: date) -> Form | None:
    if literal.is_string and literal.name == _ago(number, unit, today):
        return Form.AGO
    try:
        same = float(literal.name) == number
    except ValueError:
        return None
    if not same:
        return None
    return Form.LIMIT if isinstance(literal.parent, exp.Limit) else Form.SAME


def _of_period(literal: exp.Literal, period: Period) -> Form | None:
    said = literal.name
    if period.unit == "year" and said == f"{period.start:%Y}":
        return Form.YEAR
    if period.unit == "month" and said == f"{period.start:%Y-%m}":
        return Form.MONTH
    for form, day in _days(period):
        if literal.is_string and said == day.isoformat():
            return form
    return None


def _days(period: Period) -> Iterator[tuple[Form, date]]:
    yield Form.START, period.start
    yield Form.END, period.end
    yield Form.LAST, period.end - timedelta(days=1)


def _period_value(form: Form, period: Period, *, text: bool) -> str | int | None:
    if form is Form.YEAR:
        year = f"{period.start:%Y}" if period.unit == "year" else None
        return year if text or year is None else int(year)
    if form is Form.MONTH:
        return f"{period.start:%Y-%m}" if period.unit == "month" else None
    found = dict(_days(period)).get(form)
    return None if found is None else found.isoformat()
