"""Has a model mend its query, with what went wrong and the names that are nearest."""

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from graphs.models import Models, Role
from graphs.text_to_sql.desk import Desk, Desks
from graphs.text_to_sql.generating import REPAIRED_CONFIDENCE, ask
from graphs.text_to_sql.nearness import nearest
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import SqlState
from graphs.text_to_sql.steps import Turn, failed
from graphs.text_to_sql.wording import ddl
from prompts.catalogue import Catalogue
from providers.types import ChatRequest

_NAME = re.compile(r"[A-Za-z_][\w.]*")
_QUOTED = re.compile(r"['\"`]([A-Za-z_][\w.]*)['\"`]")
_MOST = 8


async def repair(
    state: SqlState,
    turn: Turn,
    *,
    desks: Desks,
    models: Models | None,
    prompts: Catalogue,
    settings: SqlSettings,
) -> tuple[SqlState, str]:
    """Ask the model again, a few times at most; the same query again ends it."""
    problem = state.get("problem") or failed("bind", "the query failed")
    done = state.get("repairs", 0)
    if models is None or not models.serves(Role.SQL) or done >= settings.repairs:
        return _exhausted(state)
    desk = await desks.open(turn.principal, turn.context.datasource)
    turn.emit({"type": "sql.repaired", "attempt": done + 1, "problem": problem["message"]})
    rendered = prompts.get("sql_repair").render(
        {
            "dialect": desk.catalog.dialect.value,
            "schema": ddl(desk.catalog),
            "question": state["question"],
            "sql": state["draft"],
            "problem": f"{problem['code']}: {problem['message']}",
            "names": ", ".join(near_names(problem["message"], desk)) or "none",
        }
    )
    request = ChatRequest(
        messages=rendered.messages,
        question=state["question"],
        max_output_tokens=rendered.max_output_tokens,
        temperature=rendered.temperature,
        output_schema=rendered.output_schema,
    )
    mended = await ask(turn, models, request, rendered.ref)
    draft = mended.get("draft")
    if draft is None or same_query(draft, state["draft"], desk):
        return {**_exhausted(state)[0], "repairs": done + 1}, _exhausted(state)[1]
    turn.emit({"type": "sql.drafted", "route": "llm", "sql": draft})
    return {**mended, "repairs": done + 1, "confidence": REPAIRED_CONFIDENCE}, "validate"


def _exhausted(state: SqlState) -> tuple[SqlState, str]:
    """End with what there is: an empty result is one, a query that cannot run is not."""
    problem = state.get("problem")
    if problem is not None and problem["code"] == "empty":
        return {"problem": None}, "answer"
    message = problem["message"] if problem is not None else "the query failed"
    rule = problem["rule"] if problem is not None else None
    return {"error": failed("repair_exhausted", message, rule), "sql": "", "params": {}}, "answer"


def near_names(message: str, desk: Desk) -> list[str]:
    """Return the names of the catalog that are most like those in a database's message."""
    tables = set(desk.catalog.tables)
    columns = {name for table in desk.catalog.tables.values() for name in table.columns}
    found: dict[str, None] = {}
    quoted = _QUOTED.findall(message)
    for word in (quoted or _NAME.findall(message))[:50]:
        name = word.rpartition(".")[2]
        if len(name) > 2 and name not in columns | tables:  # noqa: PLR2004 - "no", "is"
            found |= dict.fromkeys(nearest(name, tables | columns))
    return list(found)[:_MOST]


def same_query(one: str, other: str, desk: Desk) -> bool:
    """Tell whether two queries are the same but for layout."""
    dialect = desk.catalog.dialect.value
    try:
        trees: list[exp.Expr] = [sqlglot.parse_one(sql, dialect=dialect) for sql in (one, other)]
    except SqlglotError:
        return " ".join(one.split()) == " ".join(other.split())
    return trees[0] == trees[1]
