"""Names the chart that suits a result, for a page to draw."""

import re
from collections.abc import Sequence
from typing import Final

from graphs.text_to_sql.state import Chart
from providers.sql_types import Json

MOST_BARS: Final = 60
_TIME: Final = re.compile(r"\d{4}(?:-\d\d){0,2}(?:[T ][\d:.+Z-]+)?|\d{4}-Q[1-4]")
_PAIR: Final = 2


def chart_of(columns: Sequence[str], rows: Sequence[Sequence[Json]]) -> Chart | None:
    """Choose a chart: a figure alone, lines over times, bars over names; else the table.

    None for a result without rows.
    """
    if not rows:
        return None
    if len(rows) == 1 and len(columns) == 1:
        return {"kind": "number", "x": None, "y": list(columns)}
    return _drawn(columns, rows) or {"kind": "table", "x": None, "y": []}


def _drawn(columns: Sequence[str], rows: Sequence[Sequence[Json]]) -> Chart | None:
    if len(columns) < _PAIR or len(rows) < _PAIR:
        return None
    if not all(_amounts([row[at] for row in rows]) for at in range(1, len(columns))):
        return None
    first = [row[0] for row in rows]
    if all(isinstance(cell, str) and _TIME.fullmatch(cell) for cell in first):
        return {"kind": "line", "x": columns[0], "y": list(columns[1:])}
    distinct = len({str(cell) for cell in first}) == len(first)
    if distinct and len(rows) <= MOST_BARS:
        return {"kind": "bar", "x": columns[0], "y": list(columns[1:])}
    return None


def _amounts(cells: Sequence[Json]) -> bool:
    numbers = [cell for cell in cells if cell is not None]
    return bool(numbers) and all(
        isinstance(cell, int | float) and not isinstance(cell, bool) for cell in numbers
    )
