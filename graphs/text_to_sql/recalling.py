"""Middle steps: values are found in the question, and verified questions beside it."""

from datetime import UTC, date, datetime

from graphs.text_to_sql.desk import Desk, Desks
from graphs.text_to_sql.reading.pieces import Reading, read
from graphs.text_to_sql.settings import SqlSettings
from graphs.text_to_sql.state import SqlState
from graphs.text_to_sql.steps import Turn
from graphs.text_to_sql.verified.likeness import masked
from graphs.text_to_sql.verified.recall import Recall, recall
from providers.errors import ProviderError

_SHOWN = 12


def read_question(question: str, desk: Desk, settings: SqlSettings) -> Reading:
    """Cut a question into pieces, as of today."""
    return read(question, desk.vocabulary, desk.index, today(settings))


def today(settings: SqlSettings) -> date:
    """Return the day that relative times count from."""
    return settings.today or datetime.now(UTC).astimezone().date()


async def link(
    state: SqlState, turn: Turn, *, desks: Desks, settings: SqlSettings
) -> tuple[SqlState, str]:
    """Find the question's values in the database and mask them."""
    desk = await desks.open(turn.principal, turn.context.datasource)
    reading = read_question(state["question"], desk, settings)
    turn.emit(
        {
            "type": "values.linked",
            "masked": masked(reading, desk.vocabulary),
            "values": [
                {
                    "text": mention.text,
                    "kind": mention.kind,
                    "columns": [f"{place.table}.{place.column}" for place in mention.places],
                }
                for mention in reading.mentions[:_SHOWN]
            ],
            "unknown": reading.unknown[:_SHOWN],
        }
    )
    return {}, "recall"


async def recall_example(
    state: SqlState, turn: Turn, *, desks: Desks, settings: SqlSettings
) -> tuple[SqlState, str]:
    """Use a verified question's query again where this question surely asks the same."""
    desk = await desks.open(turn.principal, turn.context.datasource)
    reading = read_question(state["question"], desk, settings)
    degraded: list[str] = []
    try:
        found = await recall(reading, desk.known, desk.vocabulary, desk.likeness, settings.recall)
    except ProviderError as error:
        found, degraded = Recall(()), [f"verified questions were not compared: {error}"]
    shown = sorted(found.candidates, key=lambda one: -one.likeness)[: settings.examples]
    update: SqlState = {
        "degraded": degraded,
        "nearest": found.nearest(settings.recall.shown),
        "examples": [
            {"question": each.template.example.question, "sql": each.template.example.sql}
            for each in (one.known for one in shown)
        ],
    }
    chosen = found.chosen
    if chosen is None or chosen.filled is None or turn.context.route not in {"all", "verified"}:
        return update, "generate"
    example = chosen.known.template.example
    turn.emit(
        {
            "type": "example.recalled",
            "id": example.id,
            "question": example.question,
            "similarity": round(chosen.similarity, 4),
        }
    )
    return {
        **update,
        "route": "verified",
        "draft": chosen.filled.sql,
        "draft_params": dict(chosen.filled.params),
        "matched": example.question,
        "confidence": round(chosen.similarity, 4),
    }, "validate"
