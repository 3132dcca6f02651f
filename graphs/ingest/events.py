"""What a run tells while it works; every event is a plain dictionary."""

from dataclasses import asdict
from typing import Any

from graphs.ingest.state import IngestOutcome

IngestEvent = dict[str, Any]
STAGE = "document.stage"
FINISHED = "document.finished"


def stage(source: str, name: str, detail: str = "") -> IngestEvent:
    """Return the event that a document has reached a stage (the name of a node)."""
    return {"type": STAGE, "source": source, "stage": name, "detail": detail}


def finished(outcome: IngestOutcome) -> IngestEvent:
    """Return the last event of a document: its outcome."""
    fields = asdict(outcome) | {"status": outcome.status.value}
    del fields["may_pass"]  # for the job, which decides what it means
    return {"type": FINISHED, **fields}
