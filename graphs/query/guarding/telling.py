"""Tells what a guard decided."""

from graphs.query.guarding.rulings import Verdict
from graphs.query.steps import Turn
from providers.telemetry import SpanKind, span


def tell(turn: Turn, verdict: Verdict) -> None:
    """Send the event `guard.flagged`, and leave a span."""
    event: dict[str, object] = {
        "type": "guard.flagged",
        "stage": verdict.stage.value,
        "rule": verdict.rule,
        "action": verdict.action,
        "score": round(verdict.score, 4),
        "message": verdict.message,
    }
    if verdict.chunk_id is not None:
        event |= {"document_id": verdict.document_id, "chunk_id": verdict.chunk_id}
    turn.emit(event)
    said = {name: value for name, value in event.items() if name != "type"}
    with span("verdict", SpanKind.GUARD, **said):
        pass  # a moment, below the step that decided
