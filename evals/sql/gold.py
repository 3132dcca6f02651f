"""Gold queries: several may be accepted, and some columns may be left out.

`;` stands between queries that are all right, and `{a, b}` is any non-empty choice of these
columns; `{}` further on (in GROUP BY) is the same choice again. This is the convention of
defog's sql-eval.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

import sqlglot
from sqlglot.errors import SqlglotError

from providers.sql_types import Dialect

MOST: Final = 64
"""Alternatives that are tried of one gold."""
_BRACES: Final = re.compile(r"\{([^{}]+)\}")
_PART: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|;|[^;'\"]+|['\"]")


def alternatives(gold: str) -> list[str]:
    """Return every query that a gold accepts, at most `MOST`."""
    found: dict[str, None] = {}
    for query in _queries(gold):
        for one in _expanded(query):
            found[one] = None
            if len(found) == MOST:
                return list(found)
    return list(found)


def is_ordered(sql: str, dialect: Dialect) -> bool:
    """Tell whether a query gives its rows an order."""
    try:
        return bool(sqlglot.parse_one(sql, dialect=dialect.value).args.get("order"))
    except SqlglotError:
        return " order by " in sql.lower().rpartition(")")[2]


def _queries(gold: str) -> Iterator[str]:
    """Cut at semicolons that stand outside of quotes."""
    parts: list[str] = []
    for match in _PART.finditer(f"{gold};"):
        if match.group() != ";":
            parts.append(match.group())
            continue
        query = "".join(parts).strip()
        if query:
            yield query
        parts = []


def _expanded(query: str) -> Iterator[str]:
    match = _BRACES.search(query)
    if match is None:
        yield query
        return
    columns = [column.strip() for column in match.group(1).split(",")]
    for size in range(len(columns), 0, -1):
        for some in combinations(columns, size):
            chosen = ", ".join(some)
            rest = query[match.end() :]
            filled = query[: match.start()] + chosen + rest.replace("{}", _grouped(some))
            yield from _expanded(filled)


def _grouped(columns: tuple[str, ...]) -> str:
    """Return the choice for GROUP BY, without the names given to its columns."""
    return ", ".join(re.split(r"\s+as\s+", column, flags=re.IGNORECASE)[0] for column in columns)
