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

    `stored` are all tables and views of the file. SQLite asks for a query of a WITH by its name
    too, without a column, where only its rows are counted; that is no table and may be.

    `views` is what each exposed view reads and calls by itself: that, and nothing else, may be
    read in its name. SQLite cannot tell a view from a query of a WITH that is named like it, so
    such a query gets as much; the guard gives those queries other names.
    """

    reads: Mapping[str, frozenset[str]]
    functions: frozenset[str]
    stored: frozenset[str] = frozenset()
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
        if columns is None:
            return not column and table not in self.stored and not table.startswith(_BUILT_IN)
        return not column or column in columns


_BUILT_IN = ("sqlite_", "pragma_", "json_", "fts", "rtree", "dbstat", "bytecode", "tables_used")
NOTHING = Confines(reads={}, functions=frozenset())


def confines(
    connection: sqlite3.Connection,
    reads: Mapping[str, Collection[str]],
    functions: Collection[str],
) -> Confines:
    """Work out what may be read; asks the database what its exposed views read."""
    stored = {str(name): str(kind) for name, kind in connection.execute(_STORED)}
    views: set[Read] = set()
    for name in reads:
        if stored.get(name) == "view":
            views |= _reads_of(connection, name)
    return Confines(
        reads={_lower(table): frozenset(map(_lower, some)) for table, some in reads.items()},
        functions=frozenset(map(_lower, functions)) | _OPERATORS,
        stored=frozenset(map(_lower, stored)),
        views=frozenset(views),
    )


_STORED = "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view')"


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
