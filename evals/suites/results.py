"""What a run of a suite found, and where results are kept."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.errors import DatasetError, DatasetNotFoundError
from evals.suites.bootstrap import Interval, mean_interval

ACCEPTED: Final = Path(__file__).parents[1] / "accepted"
"""The results that later ones must not fall behind; they are committed."""


class CaseNote(BaseModel):
    """What a case is, without its text: enough to pair it with the same one of another run."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    group: str


class SuiteResult(BaseModel):
    """One run of a suite.

    `scores` are figures by metric and id of the case; `models` what served each capability,
    `prompts` the active version and hash of each prompt, `dataset` the hash of the cases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    suite: str
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    commit: str | None = None
    dataset: str
    cases: dict[str, CaseNote]
    models: dict[str, str]
    prompts: dict[str, str]
    settings: str
    scores: dict[str, dict[str, float]]
    mistakes: list[dict[str, str]] = []
    degraded: list[str] = []
    notes: list[str] = []
    trace: list[dict[str, Any]] = []
    seconds: float = 0.0

    @property
    def label(self) -> str:
        """Suite and models: results with the same label can be compared."""
        named = "-".join(self.models[name] for name in sorted(self.models))
        return f"{self.suite}.{slug(named)}"

    @property
    def means(self) -> dict[str, float | None]:
        """The mean of each metric; None when no case could be scored."""
        return {
            name: round(sum(each.values()) / len(each), 4) if each else None
            for name, each in self.scores.items()
        }

    def interval(self, metric: str) -> Interval:
        """Return the mean of a metric with its interval.

        Raises:
            DatasetError: no case was scored with it.
        """
        try:
            return mean_interval(list(self.scores.get(metric, {}).values()))
        except DatasetError as error:
            raise DatasetError(f"{self.suite}: {metric}: {error}") from error

    def by_group(self, metric: str) -> dict[str, float]:
        """Return the mean of a metric by group of cases."""
        found: dict[str, list[float]] = {}
        for id, value in self.scores.get(metric, {}).items():
            if id in self.cases:
                found.setdefault(self.cases[id].group, []).append(value)
        return {group: round(sum(v) / len(v), 4) for group, v in sorted(found.items())}

    def save(self, path: Path) -> Path:
        """Write the result as JSON, one metric a line, so that a change can be read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        document = self.model_dump(mode="json")
        lines = [f" {json.dumps(k)}: {_lines(v)}" for k, v in document.items()]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        return path


def _lines(value: Any) -> str:
    if not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False)
    inner = (f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in value.items())
    return "{\n" + ",\n".join(inner) + "\n }"


def load_result(path: Path) -> SuiteResult:
    """Read a result.

    Raises:
        DatasetNotFoundError: there is no such file.
        DatasetError: it is no result of a suite.
    """
    if not path.is_file():
        raise DatasetNotFoundError(f"{path} is not a file; `cicerone eval run` writes results")
    try:
        return SuiteResult.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"])) or "the file"
        raise DatasetError(f"{path} is no result of a suite: {key}: {first['msg']}") from error


def accepted_for(result: SuiteResult, folder: Path = ACCEPTED) -> SuiteResult:
    """Return the accepted result that this one must not fall behind.

    Raises:
        DatasetNotFoundError: none was accepted for this suite and these models.
    """
    path = folder / f"{result.label}.json"
    if not path.is_file():
        raise DatasetNotFoundError(
            f"no result of {result.suite!r} was accepted with these models ({path.name}); "
            "look at this one and accept it: cicerone eval accept RESULT"
        )
    return load_result(path)


def results_in(folder: Path) -> Sequence[SuiteResult]:
    """Return the results of a folder, oldest first; what is none is passed over."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(load_result(path))
        except DatasetError:
            continue  # a result of another release
    return sorted(found, key=lambda result: result.created_at)


def slug(text: str) -> str:
    """Return a text as a part of a file name."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:80]


def prefixed(family: str, scores: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Put the family's name before the name of each metric."""
    return {f"{family}.{name}": dict(each) for name, each in scores.items()}
