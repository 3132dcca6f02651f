"""Keeps the rows of a result until a limit is reached."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from providers.sql_types import Cell, QueryLimits, QueryResult

BATCH = 200
"""Rows that are fetched at a time."""
_SMALL = 8


class Collector:
    """The rows so far, and which limit ended them."""

    def __init__(self, columns: Sequence[str], limits: QueryLimits) -> None:
        self._columns = tuple(columns)
        self._limits = limits
        self._rows: list[tuple[Cell, ...]] = []
        self._bytes = 0
        self._cut: Literal["rows", "bytes"] | None = None

    def add(self, rows: Sequence[Sequence[Cell]]) -> bool:
        """Keep rows as long as the limits allow; False when no more are wanted."""
        for row in rows:
            if len(self._rows) >= self._limits.rows:
                self._cut = "rows"
                return False
            self._bytes += sum(map(_size, row))
            if self._bytes > self._limits.bytes:
                self._cut = "bytes"
                return False
            self._rows.append(tuple(row))
        return bool(rows)

    def result(self) -> QueryResult:
        """Return what was kept."""
        return QueryResult(
            columns=self._columns,
            rows=tuple(self._rows),
            truncated=self._cut is not None,
            truncated_by=self._cut,
        )


def _size(cell: object) -> int:
    """Return about how many bytes a cell takes where it is written down."""
    if isinstance(cell, str | bytes):
        return len(cell)
    if isinstance(cell, list | tuple):
        return sum(map(_size, cell))
    if isinstance(cell, dict):
        return sum(len(str(key)) + _size(value) for key, value in cell.items())
    return len(str(cell)) if isinstance(cell, int | Decimal) else _SMALL
