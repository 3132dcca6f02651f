"""What the benchmark reports, and what it must reach."""

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure with its target; `better` says on which side of it the figure must lie."""

    name: str
    value: float
    unit: str
    target: float
    better: Literal["lower", "higher"]
    detail: dict[str, float]

    @property
    def passed(self) -> bool:
        """Whether the figure reaches its target."""
        return self.value <= self.target if self.better == "lower" else self.value >= self.target

    def document(self) -> dict[str, Any]:
        """Return the measure as JSON has it."""
        return {**asdict(self), "passed": self.passed}


QUERY_RATIO: Final = 1.5
"""The query graph takes at most this many times the bare libraries (p50)."""
INGEST_RATIO: Final = 0.85
"""Ingestion reaches at least this share of bare embedding throughput."""
START_S: Final = 3.0
"""The server answers within this many seconds of its start."""
MEMORY_MB: Final = 500.0
"""The server holds at most this much after one question (1 MB = 10**6 bytes)."""


def query_path(value: float, **detail: float) -> Measure:
    """Report the query path over its floor."""
    return Measure(
        name="query_path",
        value=round(value, 3),
        unit="x floor p50",
        target=QUERY_RATIO,
        better="lower",
        detail=detail,
    )


def ingestion(value: float, **detail: float) -> Measure:
    """Report ingestion against bare embedding."""
    return Measure(
        name="ingestion",
        value=round(value, 3),
        unit="x bare embedding",
        target=INGEST_RATIO,
        better="higher",
        detail=detail,
    )


def server_start(value: float, **detail: float) -> Measure:
    """Report how long the server takes until it is ready."""
    return Measure(
        name="server_start",
        value=round(value, 2),
        unit="s",
        target=START_S,
        better="lower",
        detail=detail,
    )


def server_memory(value: float, **detail: float) -> Measure:
    """Report what the server holds after one question."""
    return Measure(
        name="server_memory",
        value=round(value, 1),
        unit="MB",
        target=MEMORY_MB,
        better="lower",
        detail=detail,
    )
