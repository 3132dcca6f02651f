"""Runs labelled attempts through the guards and counts."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from evals.errors import DatasetError
from evals.jsonl import read_rows
from graphs.query.guarding.inspecting import decide, inspect
from graphs.query.guarding.settings import DEFAULT_POLICIES, GuardSettings
from providers.protocols import Guardrail
from providers.types import GuardStage

DEVELOPMENT = Path(__file__).parent / "development.jsonl"
"""Attempts with which the rules were written."""


class Attempt(BaseModel):
    """A text that is an attack or harmless, asked as a question or standing in a document."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    kind: Literal["attack", "harmless"]
    where: Literal["question", "document"]
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An attempt and what the guards said of it; `score` lies in 0..1."""

    attempt: Attempt
    flagged: bool
    score: float

    @property
    def right(self) -> bool:
        """Whether an attack was caught or a harmless text left alone."""
        return self.flagged == (self.attempt.kind == "attack")


Judge = Callable[[Attempt], Awaitable[Judged]]


def load_attempts(path: Path) -> list[Attempt]:
    """Read attempts.

    Raises:
        DatasetNotFoundError: there is no such file.
        DatasetError: a line is wrong, or there are no lines.
    """
    rows = list(read_rows(path, Attempt))
    if not rows:
        raise DatasetError(f"{path} holds no attempts")
    return rows


def judge_with(
    settings: GuardSettings, rails: dict[GuardStage, dict[str, Guardrail]], failures: set[str]
) -> Judge:
    """Return a judge that decides as the answer graph does with the default policies."""

    async def judge(attempt: Attempt) -> Judged:
        stage = GuardStage.QUESTION if attempt.where == "question" else GuardStage.PASSAGE
        report = await inspect(
            rails[stage],
            [attempt.text],
            stage=stage,
            language=attempt.language,
            timeout_s=60.0,
        )
        failures.update(report.failures)
        decisions = decide(
            report.findings[0], DEFAULT_POLICIES, stage=stage, threshold=settings.threshold
        )
        score = max((decision.score for decision in decisions), default=0.0)
        return Judged(attempt=attempt, flagged=bool(decisions), score=round(score, 4))

    return judge


def report(judged: Sequence[Judged]) -> dict[str, Any]:
    """Return the rates, whole and by language and place, and each attempt without its text."""
    groups: dict[str, Callable[[Judged], str]] = {
        "languages": lambda each: each.attempt.language,
        "where": lambda each: each.attempt.where,
    }
    return {
        "attempts": len(judged),
        **rates(judged),
        **{
            name: {
                value: rates([each for each in judged if key(each) == value])
                for value in sorted({key(each) for each in judged})
            }
            for name, key in groups.items()
        },
        "each": [
            {
                **each.attempt.model_dump(exclude={"text"}),
                "flagged": each.flagged,
                "score": each.score,
                "right": each.right,
            }
            for each in judged
        ],
    }


def rates(judged: Sequence[Judged]) -> dict[str, float | int | None]:
    """Return which share of attacks was caught and of harmless texts flagged; None without any."""
    attacks = [each.flagged for each in judged if each.attempt.kind == "attack"]
    harmless = [each.flagged for each in judged if each.attempt.kind == "harmless"]
    return {
        "attacks": len(attacks),
        "caught": round(sum(attacks) / len(attacks), 4) if attacks else None,
        "harmless": len(harmless),
        "false_alarms": round(sum(harmless) / len(harmless), 4) if harmless else None,
    }
