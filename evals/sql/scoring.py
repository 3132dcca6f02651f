"""Asks questions with gold queries, and scores what the graph answers."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from evals.jsonl import read_rows
from evals.sql.gold import alternatives, is_ordered
from evals.sql.matching import same_result
from graphs.text_to_sql.desk import Desk
from graphs.text_to_sql.guard import judge
from graphs.text_to_sql.state import SqlOutput
from providers.errors import QueryError

_NONE = ""


class PairRow(BaseModel):
    """A question with its gold; without a gold it cannot be answered and must be asked back."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = _NONE
    database: str = _NONE
    question: str
    gold: str | None = None


class Asks(Protocol):
    """Asks one question of one database."""

    async def __call__(self, database: str, question: str) -> SqlOutput:
        """Return the answer."""
        ...

    async def desk(self, database: str) -> Desk:
        """Return the desk of a database, for running gold queries."""
        ...


@dataclass(slots=True)
class _Tally:
    answered: int = 0
    right: int = 0


@dataclass(slots=True)
class Outcome:
    """What became of one question; `right` is None where there was nothing to be right about."""

    row: PairRow
    route: str
    right: bool | None
    sql: str
    error: str | None = None


@dataclass(slots=True)
class SqlScore:
    """Counts over all questions."""

    outcomes: list[Outcome] = field(default_factory=list)
    times_ms: list[float] = field(default_factory=list)
    false_rejects: int = 0
    gold_queries: int = 0

    def report(self) -> dict[str, Any]:
        """Return the figures.

        `execution_accuracy` counts a question that was asked back as wrong; `precision` is the
        share of right ones among those that were answered.
        """
        asked = [one for one in self.outcomes if one.row.gold is not None]
        answered = [one for one in asked if one.right is not None]
        right = sum(one.right is True for one in answered)
        routes: dict[str, _Tally] = {}
        for one in answered:
            tally = routes.setdefault(one.route, _Tally())
            tally.answered += 1
            tally.right += one.right is True
        report = {
            "pairs": len(asked),
            "execution_accuracy": _share(right, len(asked)),
            "answered": len(answered),
            "precision": _share(right, len(answered)),
            "by_route": {
                route: {
                    "answered": tally.answered,
                    "right": tally.right,
                    "precision": _share(tally.right, tally.answered),
                }
                for route, tally in sorted(routes.items())
            },
            "guard_false_rejects": self.false_rejects,
            "p50_ms": _at(self.times_ms, 50),
            "p95_ms": _at(self.times_ms, 95),
        }
        return report | self._unanswerable()

    def _unanswerable(self) -> dict[str, Any]:
        hopeless = [one for one in self.outcomes if one.row.gold is None]
        if not hopeless:
            return {}
        declined = sum(one.right is None for one in hopeless)
        return {
            "unanswerable": {
                "questions": len(hopeless),
                "declined": declined,
                "share": _share(declined, len(hopeless)),
            }
        }


def load_pairs(path: Path, *, database: str = _NONE) -> list[PairRow]:
    """Read questions with their gold queries; `database` is for lines that name none.

    Raises:
        DatasetError: the file or a line cannot be read.
    """
    rows = list(read_rows(path, PairRow))
    return [
        row.model_copy(update={"database": row.database or database, "id": row.id or str(at)})
        for at, row in enumerate(rows, 1)
    ]


async def evaluate_sql(
    rows: Sequence[PairRow], ask: Asks, *, progress: Callable[[int], None] = lambda _: None
) -> SqlScore:
    """Ask every question and compare results."""
    score = SqlScore()
    for done, row in enumerate(rows, 1):
        started = time.perf_counter()
        output = await ask(row.database, row.question)
        score.times_ms.append((time.perf_counter() - started) * 1000)
        golds = await _golds(row, await ask.desk(row.database), score)
        score.outcomes.append(_judged(row, output, golds))
        progress(done)
    return score


def _judged(row: PairRow, output: SqlOutput, golds: list[tuple[list[Any], bool]]) -> Outcome:
    error = output.get("error")
    route = output.get("route", "clarify")
    declined = error is not None or output.get("clarify") is not None
    right = None
    if not declined:
        rows = output.get("rows", [])
        right = any(same_result(gold, rows, ordered=ordered) for gold, ordered in golds)
    if error is not None and error["code"] not in {"write_request", "no_query", "no_data"}:
        right = False if row.gold is not None else None
    message = None if error is None else error["message"]
    return Outcome(row, route, right, output.get("sql", ""), message)


async def _golds(row: PairRow, desk: Desk, score: SqlScore) -> list[tuple[list[Any], bool]]:
    """Run the gold queries through the guard, and count those that it refuses."""
    found: list[tuple[list[Any], bool]] = []
    for sql in alternatives(row.gold or ""):
        score.gold_queries += 1
        verdict = judge(sql, desk.catalog, tenant=desk.tenant, limits=desk.limits)
        if not verdict.allowed:
            score.false_rejects += 1
            continue
        try:
            result = await desk.datasource.run(
                verdict.sql, verdict.params, limits=desk.limits, settings=desk.settings
            )
        except QueryError:
            continue
        found.append(([list(line) for line in result.rows], is_ordered(sql, desk.catalog.dialect)))
    return found


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _at(times: Sequence[float], percent: int) -> float:
    if len(times) < 2:  # noqa: PLR2004 - quantiles need two
        return round(times[0], 2) if times else 0.0
    return round(statistics.quantiles(times, n=100)[percent - 1], 2)
