"""What is doubtful about a result."""

from collections.abc import Iterator, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.nearness import nearest
from graphs.text_to_sql.state import SqlState


def doubts(state: SqlState, desk: Desk) -> list[str]:
    """Say what may be wrong with a result; each is a sentence for people.

    An empty result is only doubtful where the query compares with a text that its column does
    not hold.
    """
    rows = state["rows"]
    found: list[str] = []
    if rows and all(cell is None for row in rows for cell in row):
        found.append("The result holds no values: no rows meet the conditions.")
    if not rows or found:
        found += _unknown_values(state, desk)
    return found


def _unknown_values(state: SqlState, desk: Desk) -> Iterator[str]:
    try:
        tree = sqlglot.parse_one(state["draft"], dialect=desk.catalog.dialect.value)
    except SqlglotError:
        return
    params = state.get("draft_params", {})
    tables = {table.alias_or_name: table.name for table in tree.find_all(exp.Table)}
    for equal in tree.find_all(exp.EQ):
        column, value = equal.find(exp.Column), _text(equal.expression, params)
        if column is None or value is None:
            continue
        table = tables.get(column.table) or next(iter(tables.values()), "")
        values = desk.index.values(table, column.name)
        if values and value not in values:
            near = nearest(value, values)
            hint = f" Similar: {', '.join(near)}." if near else ""
            yield f"{column.name} holds no {value!r}.{hint}"


def _text(node: exp.Expr, params: Mapping[str, object]) -> str | None:
    if isinstance(node, exp.Literal) and node.is_string:
        return node.name
    value = params.get(node.name) if isinstance(node, exp.Placeholder) else None
    return value if isinstance(value, str) else None
