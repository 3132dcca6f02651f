"""What `/metrics` says: the counters of this process, and what the database holds now."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import anyio.to_thread
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from data.database import Database
from data.errors import DatabaseError
from providers.types import Status
from service.health import HealthChecker
from service.metrics.objectives import Objectives
from service.tracing.tracer import Tracer

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_HEALTH: Final = {Status.READY: 1.0, Status.DEGRADED: 0.5, Status.UNAVAILABLE: 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Now:
    depth: int
    age_s: float
    running: int
    ended: Mapping[tuple[str, str], int]
    documents: Mapping[str, int]
    arrivals: Mapping[str, int]


class Exposition:
    """Puts the text together that Prometheus reads."""

    def __init__(
        self, tracer: Tracer, database: Database, health: HealthChecker, objectives: Objectives
    ) -> None:
        self._tracer = tracer
        self._database = database
        self._health = health
        self._objectives = objectives

    async def text(self) -> bytes:
        """Return all metrics; those of a database that is down are missing.

        Everything is of all tenants together.
        """
        await self._tracer.flush()
        registry = CollectorRegistry()
        health = await self._health.report()
        states = {name: part.status for name, part in health.capabilities.items()}
        registry.register(_Families(await self._now(), states))
        own = await anyio.to_thread.run_sync(generate_latest, self._tracer.metrics.registry)
        return own + generate_latest(registry)

    async def _now(self) -> _Now | None:
        moment = datetime.now(UTC)
        try:
            async with self._database.unscoped(read_only=True) as transaction:
                census = transaction.census
                depth, oldest = await census.queue()
                since, fresh_s = self._objectives.window(moment)
                arrivals = await census.arrivals(since, fresh_s=fresh_s, now=moment)
                return _Now(
                    depth=depth,
                    age_s=0.0 if oldest is None else (moment - oldest).total_seconds(),
                    running=await census.running(),
                    ended=await census.ended(),
                    documents=await census.documents(),
                    arrivals={
                        "fresh": arrivals.fresh,
                        "late": arrivals.published - arrivals.fresh,
                        "quarantined": arrivals.quarantined,
                        "failed": arrivals.failed,
                        "overdue": arrivals.overdue,
                    },
                )
        except DatabaseError:  # its health says so
            return None


class _Families(Collector):
    def __init__(self, now: _Now | None, states: Mapping[str, Status]) -> None:
        self._now = now
        self._states = states

    def collect(self) -> Iterator[Metric]:
        """Yield what is true now."""
        yield _gauges(
            "cicerone_capability_health",
            "1 is ready, 0.5 degraded, 0 unavailable; what is switched off is missing.",
            "capability",
            {name: _HEALTH[state] for name, state in self._states.items() if state in _HEALTH},
        )
        if self._now is None:
            return
        now = self._now
        yield GaugeMetricFamily("cicerone_queue_depth", "Jobs that wait.", now.depth)
        yield GaugeMetricFamily(
            "cicerone_queue_age_seconds", "How long the oldest job has waited.", now.age_s
        )
        yield GaugeMetricFamily("cicerone_jobs_running", "Jobs that run.", now.running)
        ended = CounterMetricFamily("cicerone_jobs_ended", "Jobs.", labels=["kind", "outcome"])
        for (kind, outcome), count in now.ended.items():
            ended.add_metric([kind, outcome], count)
        yield ended
        yield _gauges("cicerone_documents", "Documents.", "status", now.documents)
        yield _gauges(
            "cicerone_arrivals",
            "Files that arrived in the window of the objectives, by what became of them.",
            "outcome",
            now.arrivals,
        )


def _gauges(name: str, words: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
