"""Last steps: what is found is put into words, or the question is asked back."""

from collections.abc import Sequence

from langgraph.graph import END
from langgraph.types import interrupt

from graphs.text_to_sql.charts import chart_of
from graphs.text_to_sql.desk import Desks
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import Clarify, Option, SqlState
from graphs.text_to_sql.steps import Turn
from providers.sql_types import Json

_CELL_CHARS = 200
_LISTED = 5


async def clarify(
    state: SqlState, turn: Turn, *, desks: Desks, settings: SqlSettings
) -> tuple[SqlState, str]:
    """Ask back instead of guessing; an interactive run waits here for the choice."""
    asked = await _ask_back(state, turn, desks, settings)
    rounds = state.get("rounds", 0)
    if not turn.context.interactive or rounds >= settings.clarifications:
        turn.emit({"type": "clarify", **asked})
        return {
            "route": "clarify",
            "clarify": asked,
            "answer": _as_text(asked),
            "confidence": 0.0,
            "sql": "",
            "params": {},
        }, END
    chosen = interrupt(asked)
    return {
        "question": _chosen(chosen, asked),
        "rounds": rounds + 1,
        "hints": [],
        "problem": None,
    }, "intake"


async def _ask_back(state: SqlState, turn: Turn, desks: Desks, settings: SqlSettings) -> Clarify:
    nearest = state.get("nearest", [])
    hints: list[Option] = list(state.get("hints", []))
    known: list[Option] = [{"label": one, "question": one} for one in nearest]
    offered = [*hints, *known]
    options: list[Option] = []
    for one in offered:
        if one["question"] not in [each["question"] for each in options]:
            options.append({"label": one["label"], "question": one["question"]})
    if len(hints) > 1:
        question = "This can mean several things. Which one is meant?"
    elif options:
        question = "I am not sure what this asks of the data. Is it one of these?"
    else:
        desk = await desks.open(turn.principal, turn.context.datasource)
        tables = ", ".join(sorted(desk.catalog.tables)[:_LISTED])
        question = (
            "I could not relate every word of this to the data. Ask in the words of the tables "
            f"({tables}), or choose a question that was verified."
        )
    return {"question": question, "options": options[: settings.options], "nearest": nearest}


def _chosen(chosen: object, asked: Clarify) -> str:
    """Return the question to go on with: an option by its number from 1, or a person's words."""
    text = str(chosen).strip()
    if text.isdigit() and 1 <= int(text) <= len(asked["options"]):
        return asked["options"][int(text) - 1]["question"]
    return text


def _as_text(asked: Clarify) -> str:
    lines = [f"{at}. {one['label']}" for at, one in enumerate(asked["options"], 1)]
    return "\n".join([asked["question"], *lines])


async def answer(state: SqlState, turn: Turn) -> tuple[SqlState, str]:
    """Put the result into words; cells are shown as they are and never followed."""
    error = state.get("error")
    if error is not None:
        update: SqlState = {
            "answer": error["message"],
            "columns": [],
            "rows": [],
            "row_count": 0,
            "confidence": 0.0,
            "route": state.get("route", "clarify"),
        }
        turn.emit({"type": "answer", "text": error["message"]})
        return update, END
    columns, rows = state["columns"], state["rows"]
    text = in_words(columns, rows, truncated=state.get("truncated", False))
    turn.emit({"type": "answer", "text": text})
    return {"answer": text, "chart": chart_of(columns, rows)}, "learn"


def in_words(columns: Sequence[str], rows: Sequence[Sequence[Json]], *, truncated: bool) -> str:
    """Say a result in a sentence or two: a single figure itself, else the first rows."""
    if not rows:
        return "No rows meet the conditions."
    if len(rows) == 1 and len(columns) == 1:
        return f"{_words(columns[0])}: {_cell(rows[0][0])}"
    count = f"The first {len(rows):,}" if truncated else f"{len(rows):,}"
    more = " (there are more)" if truncated else ""
    head = f"{count} {'row' if len(rows) == 1 else 'rows'}{more}:"
    lines = ["; ".join(_pairs(columns, row)) for row in rows[:_LISTED]]
    rest = ["…"] if len(rows) > _LISTED else []
    return "\n".join([head, *lines, *rest])


def _pairs(columns: Sequence[str], row: Sequence[Json]) -> list[str]:
    return [f"{_words(name)}: {_cell(cell)}" for name, cell in zip(columns, row, strict=True)]


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(cell: Json) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int | float):
        return f"{cell:,.2f}".rstrip("0").rstrip(".") if isinstance(cell, float) else f"{cell:,}"
    text = " ".join(str(cell).split())
    return text if len(text) <= _CELL_CHARS else f"{text[: _CELL_CHARS - 1]}…"


async def learn(state: SqlState, turn: Turn) -> tuple[SqlState, str]:
    """Offer a new query for approval; nothing is learned before a person has approved it."""
    if state["route"] in {"llm", "rule"}:
        turn.emit(
            {
                "type": "example.proposed",
                "question": state["question"],
                "sql": state["draft"],
                "params": state.get("draft_params", {}),
            }
        )
    return {}, END
