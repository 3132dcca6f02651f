"""May this result follow that one? Each metric is compared question by question."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from evals.errors import DatasetError
from evals.suites.bootstrap import Interval, mean_interval
from evals.suites.results import SuiteResult

TOLERANCE: Final = 0.01
"""A fall of the mean up to this is none, whatever the interval says."""
CLIFF: Final = 0.2
"""A fall of the mean from this on is one, whatever the interval says: small sets are vague."""
_DEARER: Final = 0.1
"""Share by which the cost may rise."""
UNGATED: Final = frozenset({"answers.latency_ms", "own.latency_ms"})
"""What depends on the machine; it is reported, and the benchmark watches it."""
EXACT: Final = frozenset({"prompts.complete"})
"""What has no chance in it: any fall is a regression."""
_COSTS: Final = frozenset({"answers.cost_usd", "own.cost_usd"})


class Ruling(StrEnum):
    """What became of a metric."""

    SAME = "same"
    BETTER = "better"
    WORSE = "worse"
    REGRESSED = "regressed"
    UNGATED = "ungated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One metric of two results over the cases of both; `change` is new minus old."""

    metric: str
    before: float
    after: float | None
    change: Interval | None
    cases: int
    ruling: Ruling
    why: str = ""

    def document(self) -> dict[str, Any]:
        """Return the line as plain values."""
        change = self.change
        return {
            "metric": self.metric,
            "before": round(self.before, 4),
            "after": None if self.after is None else round(self.after, 4),
            "change": None if change is None else round(change.mean, 4),
            "low": None if change is None else round(change.low, 4),
            "high": None if change is None else round(change.high, 4),
            "cases": self.cases,
            "ruling": self.ruling.value,
            "why": self.why,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two results, metric by metric; `notes` say what could not be compared."""

    lines: list[Line]
    notes: list[str]

    @property
    def regressions(self) -> list[Line]:
        """The metrics that fell too far."""
        return [line for line in self.lines if line.ruling is Ruling.REGRESSED]

    @property
    def passed(self) -> bool:
        """Whether the new result may follow the old one."""
        return not self.regressions

    def document(self) -> dict[str, Any]:
        """Return the comparison as plain values."""
        return {
            "passed": self.passed,
            "lines": [line.document() for line in self.lines],
            "notes": self.notes,
        }


def compare(before: SuiteResult, after: SuiteResult) -> Comparison:
    """Compare two results over the cases that both have.

    Raises:
        DatasetError: they are of different suites, or have no case in common.
    """
    if before.suite != after.suite:
        raise DatasetError(
            f"a result of {before.suite!r} and one of {after.suite!r} cannot be compared"
        )
    lines = [_line(metric, before, after) for metric in before.scores if before.scores[metric]]
    if not any(line.cases for line in lines):
        raise DatasetError("the results have no case in common; accept the new one first")
    return Comparison(lines=lines, notes=_notes(before, after))


def _line(metric: str, before: SuiteResult, after: SuiteResult) -> Line:
    old, new = before.scores[metric], after.scores.get(metric, {})
    shared = [id for id in old if id in new and _same(id, before, after)]
    if not shared:
        return _gone(metric, old, measured=bool(new))
    was = sum(old[id] for id in shared) / len(shared)
    now = sum(new[id] for id in shared) / len(shared)
    change = mean_interval([new[id] - old[id] for id in shared])
    ruling, why = _rule(metric, change, was)
    return Line(
        metric=metric,
        before=was,
        after=now,
        change=change,
        cases=len(shared),
        ruling=ruling,
        why=why,
    )


def _gone(metric: str, old: dict[str, float], *, measured: bool) -> Line:
    why = "no case is the same any more" if measured else "no case was scored with it"
    return Line(
        metric=metric,
        before=sum(old.values()) / len(old),
        after=None,
        change=None,
        cases=0,
        ruling=Ruling.UNGATED if measured or metric in UNGATED else Ruling.REGRESSED,
        why=why,
    )


def _same(id: str, before: SuiteResult, after: SuiteResult) -> bool:
    """Whether both mean the same by an id; ids of checks have no case behind them."""
    return before.cases.get(id) == after.cases.get(id)


def _rule(metric: str, change: Interval, was: float) -> tuple[Ruling, str]:
    if metric in UNGATED:
        return Ruling.UNGATED, "depends on the machine"
    cliff, tolerance, sign = CLIFF, TOLERANCE, 1
    if metric in EXACT:
        cliff = tolerance = 0.0
    if metric in _COSTS:
        tolerance, cliff, sign = _DEARER * was, float("inf"), -1
    fall = -sign * change.mean
    surely = change.high < 0 if sign > 0 else change.low > 0
    if fall > tolerance and fall >= cliff:
        return Ruling.REGRESSED, f"fell by {fall:.3f}"
    if fall > tolerance and surely:
        return Ruling.REGRESSED, "the whole interval lies on the wrong side of 0"
    if change.mean == 0:
        return Ruling.SAME, ""
    return (Ruling.WORSE, "within what chance explains") if fall > 0 else (Ruling.BETTER, "")


def _notes(before: SuiteResult, after: SuiteResult) -> list[str]:
    notes = []
    if before.dataset != after.dataset:
        gone = len(before.cases.keys() - after.cases.keys())
        new = len(after.cases.keys() - before.cases.keys())
        notes.append(f"the questions differ: {gone} are gone, {new} are new; the rest is compared")
    for what in ("models", "prompts"):
        old, now = getattr(before, what), getattr(after, what)
        changed = sorted(k for k in old.keys() | now.keys() if old.get(k) != now.get(k))
        if changed:
            notes.append(f"other {what}: {', '.join(changed)}")
    if before.settings != after.settings:
        notes.append("other settings")
    return notes
