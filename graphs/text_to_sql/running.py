"""Later steps: the guard judges the query, the database plans it, runs it, and rows are checked."""

from collections.abc import Mapping

from graphs.text_to_sql.checking import doubts
from graphs.text_to_sql.desk import Desk, Desks
from graphs.text_to_sql.guard import Rule, Verdict, judge
from graphs.text_to_sql.state import Failure, SqlState
from graphs.text_to_sql.steps import Turn, failed
from providers.errors import QueryError, QueryTrouble
from providers.sql_types import Cell, as_json

_MENDABLE = frozenset({Rule.PARSE, Rule.TABLE, Rule.COLUMN})
"""What a model may have misspelt; what a policy forbids is not tried again in other words."""


async def validate(state: SqlState, turn: Turn, *, desks: Desks) -> tuple[SqlState, str]:
    """Let the guard judge the draft, whoever made it, and take what the guard wrote."""
    desk = await desks.open(turn.principal, turn.context.datasource)
    verdict = _judged(state, desk)
    if not verdict.allowed:
        return _refused(state, verdict)
    turn.emit({"type": "sql.validated", "sql": verdict.sql, "tables": list(verdict.tables)})
    return {
        "sql": verdict.sql,
        "params": {name: as_json(value) for name, value in verdict.params.items()},
        "tables": list(verdict.tables),
        "drafts": [verdict.sql],
        "problem": None,
    }, "plan"


def _judged(state: SqlState, desk: Desk) -> Verdict:
    params: Mapping[str, Cell] = state.get("draft_params", {})
    return judge(
        state["draft"], desk.catalog, tenant=desk.tenant, limits=desk.limits, params=params
    )


def _refused(state: SqlState, verdict: Verdict) -> tuple[SqlState, str]:
    problem = failed("sql_policy", verdict.message, verdict.rule.value)
    if state["route"] == "llm" and verdict.rule in _MENDABLE:
        return {"problem": problem, "sql": "", "drafts": [state["draft"]]}, "repair"
    return {"error": problem, "sql": "", "params": {}}, "answer"


async def plan(state: SqlState, turn: Turn, *, desks: Desks) -> tuple[SqlState, str]:
    """Let the database bind the query and estimate it, without running it."""
    desk = await desks.open(turn.principal, turn.context.datasource)
    # Judged again rather than taken from the state, which a caller of the graph may write.
    verdict = _judged(state, desk)
    if not verdict.allowed:
        return _refused(state, verdict)
    try:
        expected = await desk.datasource.plan(
            verdict.sql, verdict.params, limits=desk.limits, settings=desk.settings
        )
    except QueryError as error:
        return await _troubled(state, turn, desks, error)
    turn.emit({"type": "sql.planned", "cost": expected.cost, "rows": expected.rows})
    return {}, "execute"


async def execute(state: SqlState, turn: Turn, *, desks: Desks) -> tuple[SqlState, str]:
    """Run the query within its limits."""
    desk = await desks.open(turn.principal, turn.context.datasource)
    verdict = _judged(state, desk)
    if not verdict.allowed:
        return _refused(state, verdict)
    try:
        result = await desk.datasource.run(
            verdict.sql, verdict.params, limits=desk.limits, settings=desk.settings
        )
    except QueryError as error:
        return await _troubled(state, turn, desks, error)
    turn.emit(
        {
            "type": "rows.fetched",
            "columns": list(result.columns),
            "row_count": len(result.rows),
            "truncated": result.truncated,
        }
    )
    return {
        "columns": list(result.columns),
        "rows": [[as_json(cell) for cell in row] for row in result.rows],
        "row_count": len(result.rows),
        "truncated": result.truncated,
        "truncated_by": result.truncated_by,
    }, "check"


async def check(state: SqlState, turn: Turn, *, desks: Desks) -> tuple[SqlState, str]:
    """Look at the rows: are there any, do they say anything, are the filters' values known?"""
    desk = await desks.open(turn.principal, turn.context.datasource)
    found = doubts(state, desk)
    turn.emit({"type": "result.checked", "doubts": found})
    known = [*state.get("assumptions", [])]
    update: SqlState = {"assumptions": [*known, *(one for one in found if one not in known)]}
    if found and state["route"] == "llm" and not state["rows"]:
        problem = failed("empty", " ".join(found))
        return {**update, "problem": problem}, "repair"
    if state["rows"] and all(cell is None for row in state["rows"] for cell in row):
        return {**update, "error": failed("no_data", " ".join(found))}, "answer"
    return update, "answer"


async def _troubled(
    state: SqlState, turn: Turn, desks: Desks, error: QueryError
) -> tuple[SqlState, str]:
    problem: Failure = failed(error.kind.value, str(error))
    if error.kind is QueryTrouble.BIND and not state.get("refreshed"):
        # The schema may have changed since it was read.
        await desks.open(turn.principal, turn.context.datasource, fresh=True)
        if state["route"] != "llm":
            return {"refreshed": True}, "link"
    if error.kind is QueryTrouble.BIND and state["route"] == "llm":
        return {"problem": problem, "refreshed": True}, "repair"
    return {"error": problem}, "answer"
