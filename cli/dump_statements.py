"""Cuts a dump of a PostgreSQL database into its statements, as `pg_dump` writes plain text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_PART: Final = re.compile(
    r"--[^\n]*|/\*.*?\*/"  # comments
    r"|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\""  # texts and names
    r"|(\$\w*\$).*?\1"  # bodies of functions
    r"|^\\[^\n]*$"  # what only psql understands
    r"|;|[^-/'\"$\\;]+|.",
    re.DOTALL | re.MULTILINE,
)
_COPY: Final = re.compile(r"\s*COPY\s.+\sFROM\s+stdin\b", re.IGNORECASE | re.DOTALL)
_END: Final = re.compile(r"^\\\.\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `rows` is what a COPY reads."""

    sql: str
    rows: str | None = None

    @property
    def is_content(self) -> bool:
        """Tell whether tables or rows are missing without it; roles and comments are not missed."""
        return bool(re.match(r"(create\s+table|insert|copy)\b", self.sql, re.IGNORECASE))


def statements_of(dump: str) -> Iterator[Statement]:
    """Yield the statements of a dump in order."""
    parts: list[str] = []
    at = 0
    while (match := _PART.match(dump, at)) is not None:
        at, text = match.end(), match.group()
        if text.startswith(("--", "/*", "\\")):
            continue
        if text != ";":
            parts.append(text)
            continue
        sql = "".join(parts).strip()
        parts = []
        if _COPY.match(sql):
            start = dump.find("\n", at) + 1
            end = _END.search(dump, start)
            rows = dump[start : end.start() if end else len(dump)]
            at = end.end() if end else len(dump)
            yield Statement(sql, rows)
        elif sql:
            yield Statement(sql)
    if last := "".join(parts).strip():
        yield Statement(last)
