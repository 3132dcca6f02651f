"""Named parameters, as statements have them, turned into numbered ones."""

import re
from collections.abc import Mapping

from providers.errors import QueryError, QueryTrouble
from providers.sql_types import Cell

_PIECES = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|::|:([A-Za-z_][A-Za-z0-9_]*)""")


def numbered(sql: str, params: Mapping[str, Cell]) -> tuple[str, list[Cell]]:
    """Write `:name` as `$1`, `$2`, … outside of quoted texts and names; values in that order.

    Raises:
        QueryError: the statement names a parameter that has no value.
    """
    places: dict[str, int] = {}

    def number(match: re.Match[str]) -> str:
        name = match.group(1)
        if name is None:
            return match.group(0)
        if name not in params:
            raise QueryError(f"the parameter {name!r} has no value", kind=QueryTrouble.BIND)
        return f"${places.setdefault(name, len(places) + 1)}"

    written = _PIECES.sub(number, sql)
    return written, [params[name] for name in places]
