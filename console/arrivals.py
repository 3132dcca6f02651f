"""Files on their way into the library: what is known of each, event by event."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from console.wording import STATUS, count, reason, sentence, size, stage
from service.schemas import DocumentStatus, JobEvent

_STAGES: Final = ("fetch", "store_raw", "validate", "parse", "chunk", "embed", "index", "publish")
_JOB_STATES: Final = {
    "job.retrying": "Trying again soon",
    "job.paused": "Paused",
    "job.requeued": "Waiting",
    "job.started": "Waiting",
}
"""What an event of the whole job says of its files that have not arrived."""
_GOOD: Final = frozenset(
    {DocumentStatus.INDEXED, DocumentStatus.UNCHANGED, DocumentStatus.DUPLICATE}
)


@dataclass(slots=True)
class Arrival:
    """One file between the browser and the shelf."""

    source: str
    bytes: int = 0
    state: str = "Waiting"
    tone: str = "busy"
    share: float = 0.0
    detail: str = ""

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to it."""
        return self.tone != "busy"

    def refuse(self, why: str, advice: str) -> None:
        """Note that the file never got in."""
        self.state, self.tone, self.detail = why, "bad", advice

    def reach(self, name: str, detail: str = "") -> None:
        """Note the stage of ingestion that has begun, and how far it is."""
        self.state, self.detail = stage(name), detail
        if name in _STAGES:
            self.share = (_STAGES.index(name) + 1) / (len(_STAGES) + 1)

    def finish(self, outcome: Mapping[str, Any]) -> None:
        """Note what became of it; `outcome` has the fields of `IngestedDocument`."""
        status = DocumentStatus(outcome["status"])
        self.share = 1.0
        self.state, self.tone = STATUS[status]
        why, advice = reason(outcome.get("reason"))
        message = outcome.get("message") or ""
        if status in _GOOD:
            self.detail = message or _holds(outcome)
        else:
            self.state = why or self.state
            self.detail = sentence(message or advice)


def _holds(outcome: Mapping[str, Any]) -> str:
    pages, chunks = outcome.get("pages"), outcome.get("chunks")
    parts = [count(pages, "page") if pages else "", count(chunks, "chunk") if chunks else ""]
    return ", ".join(part for part in parts if part)


class Arrivals:
    """The files of one open page, the latest first."""

    def __init__(self) -> None:
        self.all: list[Arrival] = []

    def add(self, source: str, length: int = 0) -> Arrival:
        """Take in a file of `length` bytes."""
        arrival = Arrival(source, length)
        self.all.insert(0, arrival)
        return arrival

    def take(self, event: JobEvent, among: Iterable[Arrival]) -> None:
        """Take in an event of a job whose files are `among` these."""
        waiting = [arrival for arrival in among if not arrival.ended]
        if event.type in _JOB_STATES:
            for each in waiting:
                each.state = _JOB_STATES[event.type]
                each.detail = sentence(str(event.data.get("message") or ""))
            return
        source = event.data.get("source")
        arrival = next((a for a in waiting if a.source == source), None)
        if arrival is None:
            return
        if event.type == "document.finished":
            arrival.finish(event.data)
        elif event.type == "document.stage":
            arrival.reach(str(event.data["stage"]), str(event.data.get("detail") or ""))

    def underway(self, source: str) -> bool:
        """Tell whether a file of that name is on its way."""
        return any(arrival.source == source and not arrival.ended for arrival in self.all)

    def clear_ended(self) -> None:
        """Forget the files that have arrived or were refused."""
        self.all = [arrival for arrival in self.all if not arrival.ended]


def weight(arrival: Arrival) -> str:
    """Say how large a file is, if that is known."""
    return size(arrival.bytes) if arrival.bytes else ""
