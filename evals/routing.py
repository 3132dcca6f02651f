"""Scores how questions were routed: to documents, to a database, back to the person, or nowhere."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from evals.errors import DatasetError
from evals.jsonl import read_rows

QUESTIONS: Final = Path(__file__).parent / "datasets" / "routing.jsonl"
"""Questions about the sample company."""
Expected = Literal["documents", "database", "either", "abstain", "clarify"]
Got = Literal["documents", "database", "abstain", "clarify"]
EITHER: Final = frozenset({"documents", "database"})


class RoutingCase(BaseModel):
    """A question and who should answer it.

    `either` are questions that documents and database both know. `abstain` nobody may answer,
    and `clarify` are about the data without being answered by them: they are asked back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    question: str
    language: str = "en"
    expected: Expected

    @property
    def fingerprint(self) -> str:
        """Name what is asked and wanted; another wording is another case."""
        return sha256(self.model_dump_json().encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routed:
    """What became of a question; `calls` are the tools that were called, in order."""

    case: RoutingCase
    got: Got
    calls: Sequence[str] = ()
    degraded: Sequence[str] = ()

    @property
    def right(self) -> bool:
        """Whether it went where it should."""
        if self.case.expected == "either":
            return self.got in EITHER
        return self.got == self.case.expected


Ask = Callable[[RoutingCase], Awaitable[Routed]]
"""Asks the agent one question."""


def load_routing(path: Path = QUESTIONS) -> list[RoutingCase]:
    """Load the questions.

    Raises:
        DatasetError: a line is malformed, an id occurs twice, or there is none.
    """
    cases = list(read_rows(path, RoutingCase))
    if not cases:
        raise DatasetError(f"{path} has no lines")
    twice = [id for id, count in Counter(case.id for case in cases).items() if count > 1]
    if twice:
        raise DatasetError(f"{path}: the id {twice[0]!r} occurs twice; give one another id")
    return cases


async def route_all(
    cases: Sequence[RoutingCase], ask: Ask, progress: Callable[[int], None] = lambda done: None
) -> list[Routed]:
    """Ask every question, one after the other."""
    found = []
    for case in cases:
        found.append(await ask(case))
        progress(len(found))
    return found


def scores_of(routed: Iterable[Routed]) -> dict[str, dict[str, float]]:
    """Return the metric of a suite by id of the case: 1 where a question went right."""
    return {"routing.right": {f"routing/{one.case.id}": float(one.right) for one in routed}}


def report(routed: Sequence[Routed]) -> dict[str, Any]:
    """Return accuracy, precision and recall of each class, and what was taken for what."""
    return {
        "questions": len(routed),
        "accuracy": _share(one.right for one in routed),
        "languages": {
            language: _share(one.right for one in routed if one.case.language == language)
            for language in sorted({one.case.language for one in routed})
        },
        "classes": {name: _class(name, routed) for name in _classes(routed)},
        "confusion": _confusion(routed),
        "mistakes": [
            {
                "id": one.case.id,
                "question": one.case.question,
                "what": f"{one.case.expected} expected, {one.got} came",
            }
            for one in routed
            if not one.right
        ],
        "degraded": sorted({part for one in routed for part in one.degraded}),
    }


def _class(name: str, routed: Sequence[Routed]) -> dict[str, Any]:
    """Recall of what was expected; precision of what came. What is `either` never comes itself."""
    wanted = [one for one in routed if one.case.expected == name]
    came = [one for one in routed if one.got == name]
    return {
        "questions": len(wanted),
        "precision": _share(one.right for one in came) if came else None,
        "recall": _share(one.right for one in wanted) if wanted else None,
    }


def _classes(routed: Sequence[Routed]) -> list[str]:
    known = ("documents", "database", "either", "abstain", "clarify")
    there = {one.case.expected for one in routed} | {one.got for one in routed}
    return [name for name in known if name in there]


def _confusion(routed: Sequence[Routed]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for one in routed:
        row = table.setdefault(one.case.expected, {})
        row[one.got] = row.get(one.got, 0) + 1
    return table


def _share(right: Iterable[bool]) -> float:
    counted = list(right)
    return round(sum(counted) / len(counted), 4) if counted else 0.0
