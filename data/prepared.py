"""A SELECT that is compiled once and then handed to the driver as text.

What SQLAlchemy does for each run of a statement (events, a look-up in its cache, results that
know their columns) takes longer than a small read of a SQLite file itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]


class Prepared:
    """The text of a SELECT for one driver that takes parameters by position."""

    def __init__(self, query: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        self._compiled = query.compile(dialect=dialect)
        converts = [_from_driver(column.type, dialect) for column in query.selected_columns]
        self._converts = [(at, convert) for at, convert in enumerate(converts) if convert]

    def fetch(self, driver: Any, values: Mapping[str, Any]) -> list[list[Any]]:
        """Run the SELECT and fetch all its rows.

        Args:
            driver: A connection of the driver's own.
            values: By parameter; a list where the parameter expands.
        """
        lengths = tuple((name, len(v)) for name, v in values.items() if isinstance(v, list))
        ready = _expanded(self._compiled, lengths)
        rows = [list(row) for row in driver.execute(ready.text, ready.order(values))]
        for at, convert in self._converts:
            for row in rows:
                row[at] = convert(row[at])
        return rows


@dataclass(frozen=True, slots=True)
class _Expanded:
    """A text with one mark for each value of its lists, and what goes where."""

    text: str
    slots: tuple[tuple[str, int | None, Convert | None], ...]
    fixed: Mapping[str, Any]

    def order(self, values: Mapping[str, Any]) -> list[Any]:
        """Return the values in the order of the marks."""
        given = {**self.fixed, **values}
        ordered = (
            (given[name] if at is None else given[name][at], convert)
            for name, at, convert in self.slots
        )
        return [convert(value) if convert else value for value, convert in ordered]


@lru_cache(maxsize=128)
def _expanded(compiled: SQLCompiler, lengths: tuple[tuple[str, int], ...]) -> _Expanded:
    lists = {name: [None] * length for name, length in lengths}
    missing = {name: None for name, bind in compiled.binds.items() if bind.required}
    state = compiled.construct_expanded_state({**missing, **lists})
    origin: dict[str, tuple[str, int | None]] = {
        part: (name, at)
        for name, parts in state.parameter_expansion.items()
        for at, part in enumerate(parts)
    }
    slots = [
        (*origin.get(name, (name, None)), cast("Convert | None", state.processors.get(name)))
        for name in state.positiontup or ()
    ]
    return _Expanded(state.statement, tuple(slots), state.parameters)


def _from_driver(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
