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

FIRST_TOKEN_MS: Final = {0.5: 30.0, 0.95: 80.0}
"""One client: the graph turns to the model within this time, by share of the questions."""
STREAM_TOKEN_MS: Final = 500.0
"""Many streams: the first text arrives within this time (p95), of a burst too."""
STREAM_HEALTH_MS: Final = 100.0
"""Many streams: the server still says that it lives within this time (p95)."""
GROWTH_MB: Final = 50.0
"""The server holds at most this much more after thousands of questions (1 MB = 10**6 bytes)."""


def _at_most(target: float, name: str, value: float, unit: str, **detail: float) -> Measure:
    return Measure(name=name, value=value, unit=unit, target=target, better="lower", detail=detail)


def query_path(value: float, **detail: float) -> Measure:
    """Report the query path over its floor."""
    return _at_most(QUERY_RATIO, "query_path", round(value, 3), "x floor p50", **detail)


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
    return _at_most(START_S, "server_start", round(value, 2), "s", **detail)


def server_memory(value: float, **detail: float) -> Measure:
    """Report what the server holds after one question."""
    return _at_most(MEMORY_MB, "server_memory", round(value, 1), "MB", **detail)


def first_token(value: float, *, share: float, **detail: float) -> Measure:
    """Report what the graph adds to a model's first token, at `share` of the questions."""
    return _at_most(
        FIRST_TOKEN_MS[share], f"first_token_p{share * 100:.0f}", round(value, 1), "ms", **detail
    )


def stream_token(value: float, **detail: float) -> Measure:
    """Report when the first text of an answer arrives while many stream."""
    return _at_most(STREAM_TOKEN_MS, "streams_first_token_p95", round(value, 1), "ms", **detail)


def burst_token(value: float, **detail: float) -> Measure:
    """Report when the first text arrives where all clients ask at the same moment."""
    return _at_most(STREAM_TOKEN_MS, "burst_first_token_p95", round(value, 1), "ms", **detail)


def stream_health(value: float, **detail: float) -> Measure:
    """Report how long the server takes to say that it lives while many stream."""
    return _at_most(STREAM_HEALTH_MS, "streams_health_p95", round(value, 1), "ms", **detail)


def stream_errors(value: int) -> Measure:
    """Report how many questions and looks at the health failed while many stream."""
    return _at_most(0, "streams_errors", value, "failed")


def memory_growth(value: float, **detail: float) -> Measure:
    """Report how much more the server holds after many questions."""
    return _at_most(GROWTH_MB, "memory_growth", round(value, 1), "MB", **detail)
