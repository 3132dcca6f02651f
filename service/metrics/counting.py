"""Counts what runs do, from their spans: no request waits for it."""

from collections.abc import Sequence
from typing import Any, Final, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from providers.telemetry import SpanKind
from service.tracing.records import SpanRecord

# When a series began says nothing that anybody asks for, and doubles what is read.
disable_created_metrics()  # type: ignore[no-untyped-call]
FAST: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
SLOW: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0)
_CALLS: Final = frozenset(
    {SpanKind.EMBEDDING, SpanKind.RETRIEVAL, SpanKind.PROVIDER, SpanKind.GUARD}
)


class Losses(Protocol):
    """Knows how many spans were not kept."""

    dropped: int
    lost: int


class Metrics:
    """The counters of this process; tenants are in none of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = self._counter("http_requests", "Requests", ("method", "route", "status"))
        self._request_s = self._histogram("http_request_seconds", "Requests", ("route",), SLOW)
        self._runs = self._counter("runs", "Runs of graphs and jobs", ("graph", "outcome"))
        self._run_s = self._histogram("run_seconds", "Runs of graphs and jobs", ("graph",), SLOW)
        self._node_s = self._histogram("node_seconds", "Steps of graphs", ("node",), FAST)
        self._call_s = self._histogram(
            "provider_seconds", "Calls of providers", ("operation",), FAST
        )
        self._call_errors = self._counter(
            "provider_errors", "Calls of providers that failed", ("operation",)
        )
        self._models = self._counter(
            "model_calls", "Calls of chat models", ("model", "function", "outcome")
        )
        self._model_s = self._histogram("model_seconds", "Calls of chat models", ("model",), SLOW)
        self._tokens = self._counter("tokens", "Tokens", ("model", "function", "direction"))
        self._cost = self._counter("cost_usd", "US dollars spent", ("model", "function"))
        self._answers = self._counter("answers", "Answers", ("outcome",))
        self._hits = self._counter("cache_hits", "Answers from caches", ("kind",))
        self._retrievals = self._counter("retrievals", "Retrievals", ("found",))
        self._verdicts = self._counter("guard_verdicts", "Verdicts", ("stage", "rule", "action"))

    def watch(self, losses: Losses) -> None:
        """Also tell how many spans were not kept."""
        self.registry.register(_Losses(losses))

    def take(self, records: Sequence[SpanRecord]) -> None:
        """Count what spans say."""
        for record in records:
            self._count(record)

    def close(self, timeout_s: float) -> None:
        """Do nothing: counters live as long as their process."""

    def _count(self, record: SpanRecord) -> None:
        kind, said, took_s = record.kind, record.attributes, record.duration_ms / 1000
        if kind is SpanKind.REQUEST:
            route = str(said.get("route", "other"))
            self._requests.labels(said.get("method"), route, said.get("status")).inc()
            self._request_s.labels(route).observe(took_s)
        elif kind in (SpanKind.GRAPH, SpanKind.JOB):
            self._runs.labels(record.name, _outcome(record)).inc()
            self._run_s.labels(record.name).observe(took_s)
            self._answered(record)
        elif kind is SpanKind.NODE:
            self._node_s.labels(record.name).observe(took_s)
            if record.name == "retrieve" and "passages" in said:
                self._retrievals.labels("some" if said["passages"] else "nothing").inc()
        elif kind is SpanKind.GENERATION:
            self._called(record, took_s)
        elif kind is SpanKind.GUARD and "action" in said:
            self._verdicts.labels(said["stage"], said["rule"], said["action"]).inc()
        elif kind in _CALLS:
            self._call_s.labels(record.name).observe(took_s)
            if record.error is not None:
                self._call_errors.labels(record.name).inc()

    def _called(self, record: SpanRecord, took_s: float) -> None:
        said = record.attributes
        model, function = str(said.get("model")), str(said.get("function"))
        self._models.labels(model, function, said.get("outcome", "failed")).inc()
        self._model_s.labels(model).observe(took_s)
        for direction in ("input", "output"):
            tokens = said.get(f"{direction}_tokens", 0)
            self._tokens.labels(model, function, direction).inc(tokens)
        self._cost.labels(model, function).inc(said.get("cost_usd", 0.0))

    def _answered(self, record: SpanRecord) -> None:
        said = record.attributes
        if "abstained" not in said:
            return
        kind = "abstained" if said["abstained"] else "answered"
        self._answers.labels("refused" if said.get("refused") else kind).inc()
        if said.get("cached"):
            self._hits.labels(said["cached"]).inc()

    def _counter(self, name: str, words: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"cicerone_{name}", f"{words}.", labels, registry=self.registry)

    def _histogram(
        self, name: str, words: str, labels: tuple[str, ...], buckets: tuple[float, ...]
    ) -> Histogram:
        text = f"{words}, by how long they took."
        return Histogram(f"cicerone_{name}", text, labels, buckets=buckets, registry=self.registry)


class _Losses(Collector):
    def __init__(self, losses: Losses) -> None:
        self._losses = losses

    def collect(self) -> Any:
        """Yield the counters of what was not kept."""
        family = CounterMetricFamily(
            "cicerone_spans_not_kept", "Spans that are in no store.", labels=["reason"]
        )
        family.add_metric(["queue_full"], self._losses.dropped)
        family.add_metric(["store_failed"], self._losses.lost)
        yield family


def _outcome(record: SpanRecord) -> str:
    if record.error is None:
        return "succeeded"
    stopped = record.error.startswith(("CancelledError", "GeneratorExit"))
    return "stopped" if stopped else "failed"
