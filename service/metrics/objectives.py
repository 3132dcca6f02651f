"""Service level objectives: what is promised, what was measured, what is left of the budget."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio.to_thread
from sqlalchemy import Connection, case, func, select

from data.database import Database
from data.repositories.census import Arrivals
from providers.principal import Principal
from service.metrics.settings import SloSettings
from service.schemas import Shape
from service.tracing.store import FAILED, OK
from service.tracing.tables import traces
from service.tracing.tracer import Tracer

_DAY_S: Final = 86_400


class ObjectiveRead(Shape):
    """One objective; shares lie in 0..1, null when nothing happened in the window.

    `budget_left` is the share of the error budget that is left; below 0 it is overspent.
    """

    name: str
    meaning: str
    target: float
    measured: float | None
    good: int
    total: int
    budget_left: float | None
    met: bool


class SloRead(Shape):
    """All objectives over the last days."""

    window_days: int
    objectives: list[ObjectiveRead]
    met: bool


@dataclass(frozen=True, slots=True)
class _Answers:
    ended: int
    failed: int
    quick: int


class Objectives:
    """Measures the objectives of the caller's tenant, from the database and the trace store."""

    def __init__(self, settings: SloSettings, database: Database, tracer: Tracer) -> None:
        self._settings = settings
        self._database = database
        self._tracer = tracer

    def window(self, moment: datetime) -> tuple[datetime, float]:
        """Return since when events count, and in how many seconds a file must be found."""
        return moment - timedelta(days=self._settings.window_days), self._settings.fresh_s

    async def report(self, principal: Principal) -> SloRead:
        """Measure every objective.

        Raises:
            TraceStoreError: the trace store cannot be read.
        """
        chosen, moment = self._settings, datetime.now(UTC)
        since, fresh_s = self.window(moment)
        answers = await self._answers(principal)
        async with self._database.begin(principal, read_only=True) as transaction:
            files = await transaction.census.arrivals(since, fresh_s=fresh_s, now=moment)
        found = [*_of_answers(chosen, answers), *_of_files(chosen, files)]
        met = all(each.met for each in found)
        return SloRead(window_days=chosen.window_days, objectives=found, met=met)

    async def _answers(self, principal: Principal) -> _Answers:
        store = self._tracer.store
        if store is None:
            return _Answers(0, 0, 0)
        await self._tracer.flush()
        since = time.time() - self._settings.window_days * _DAY_S
        most = self._settings.answer_ms

        def read(connection: Connection) -> _Answers:
            query = select(
                func.sum(case((traces.c.state.in_((OK, FAILED)), 1), else_=0)),
                func.sum(case((traces.c.state == FAILED, 1), else_=0)),
                func.sum(
                    case(((traces.c.state == OK) & (traces.c.duration_ms <= most), 1), else_=0)
                ),
            ).where(
                traces.c.tenant_id == principal.tenant_id,
                traces.c.started_at >= since,
                traces.c.name == "query",
            )
            ended, failed, quick = connection.execute(query).one()
            return _Answers(int(ended or 0), int(failed or 0), int(quick or 0))

        return await anyio.to_thread.run_sync(store.read, read)


def objective(name: str, meaning: str, target: float, good: int, total: int) -> ObjectiveRead:
    """Compare a share with its target; where nothing happened, nothing was broken."""
    if total == 0:
        return ObjectiveRead(
            name=name,
            meaning=meaning,
            target=target,
            measured=None,
            good=0,
            total=0,
            budget_left=None,
            met=True,
        )
    share = good / total
    return ObjectiveRead(
        name=name,
        meaning=meaning,
        target=target,
        measured=share,
        good=good,
        total=total,
        budget_left=1.0 - (1.0 - share) / (1.0 - target),
        met=share >= target,
    )


def _of_answers(chosen: SloSettings, found: _Answers) -> list[ObjectiveRead]:
    answered = found.ended - found.failed
    return [
        objective(
            "answers.availability",
            "questions that were answered, of those that were not broken off",
            chosen.availability,
            answered,
            found.ended,
        ),
        objective(
            "answers.latency",
            f"answers within {chosen.answer_ms:g} ms",
            chosen.latency,
            found.quick,
            answered,
        ),
    ]


def _of_files(chosen: SloSettings, found: Arrivals) -> list[ObjectiveRead]:
    settled = found.published + found.failed + found.overdue
    return [
        objective(
            "ingestion.freshness",
            f"files that were found within {chosen.fresh_s:g} s of their arrival",
            chosen.freshness,
            found.fresh,
            settled,
        ),
        objective(
            "ingestion.completeness",
            "files that were found or rightly set aside, of all that arrived",
            chosen.completeness,
            found.published + found.quarantined,
            settled + found.quarantined,
        ),
        objective(
            "ingestion.quarantine",
            f"files that can be used (at most {chosen.quarantine_rate:g} may not)",
            1.0 - chosen.quarantine_rate,
            found.arrived - found.quarantined,
            found.arrived,
        ),
    ]
