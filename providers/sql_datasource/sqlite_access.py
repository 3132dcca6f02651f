"""What SQLite lets a statement do, asked for each table, column and function that it names."""

import sqlite3
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

_OPERATORS = frozenset({
    "like", "glob", "->", "->>", "current_date", "current_time", "current_timestamp",
})  # fmt: skip
"""Functions that operators and keywords are."""
_PLAIN = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE})
Read = tuple[str, str, str]
"""A view that reads for itself, the table and the column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confines:
    """What may be read and called; names are in lower case, as SQLite compares them.

    `views` is what each exposed view reads and calls by itself: that, and nothing else, may be
    read in its name. A query that is named like the view gets no more.
    """

    reads: Mapping[str, frozenset[str]]
    functions: frozenset[str]
    views: frozenset[Read] = field(default_factory=frozenset)

    def decide(
        self, action: int, first: str | None, second: str | None, _db: str | None, by: str | None
    ) -> int:
        """Answer SQLite's question whether a statement may do something."""
        allowed = action in _PLAIN
        if action == sqlite3.SQLITE_READ:
            allowed = self._may_read(_lower(first), _lower(second), _lower(by))
        elif action == sqlite3.SQLITE_FUNCTION:
            name = _lower(second)
            allowed = name in self.functions or (_lower(by), "", name) in self.views
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    def _may_read(self, table: str, column: str, by: str) -> bool:
        if (by, table, column) in self.views:
            return True
        columns = self.reads.get(table)
        return columns is not None and (not column or column in columns)


NOTHING = Confines(reads={}, functions=frozenset())


def confines(
    connection: sqlite3.Connection,
    reads: Mapping[str, Collection[str]],
    functions: Collection[str],
) -> Confines:
    """Work out what may be read; asks the database what its exposed views read."""
    known = {str(name) for (name,) in connection.execute(_VIEWS)}
    views: set[Read] = set()
    for name in known & set(reads):
        views |= _reads_of(connection, name)
    return Confines(
        reads={_lower(table): frozenset(map(_lower, some)) for table, some in reads.items()},
        functions=frozenset(map(_lower, functions)) | _OPERATORS,
        views=frozenset(views),
    )


_VIEWS = "SELECT name FROM sqlite_master WHERE type = 'view'"


def _reads_of(connection: sqlite3.Connection, view: str) -> set[Read]:
    seen: set[Read] = set()

    def note(
        action: int, first: str | None, second: str | None, _db: str | None, by: str | None
    ) -> int:
        if by is not None and action == sqlite3.SQLITE_READ:
            seen.add((_lower(by), _lower(first), _lower(second)))
        elif by is not None and action == sqlite3.SQLITE_FUNCTION:
            seen.add((_lower(by), "", _lower(second)))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(note)
    try:
        connection.execute(f'EXPLAIN SELECT * FROM main."{view.replace(chr(34), 2 * chr(34))}"')  # noqa: S608 - the name is quoted
    finally:
        connection.set_authorizer(None)
    return seen


def _lower(name: str | None) -> str:
    return (name or "").lower()
