"""The sentences of a text, each with what is told of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from providers.guardrail.injection import (
    Suspicion,
    speaks_of_attacks,
    suspects_its_reader,
    suspicions,
)
from providers.guardrail.rows import row
from providers.guardrail.spans import spans
from providers.guardrail.unmasking import fold, views
from providers.types import Finding, GuardStage

_CALM = 0.8
"""The most by which a harmless sentence weakens what the rules say of it."""
_CALM_BELOW = -2.0
"""Log odds of an attack at which it weakens them by half of that; chosen across authors."""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence [start, end) of a text, and what its signs are.

    `quotes` says that its text is about attacks, `may_calm` that it was not hidden.
    """

    start: int
    end: int
    row: Mapping[int, float]
    quotes: bool
    may_calm: bool

    def calm(self, odds: float) -> float:
        """Return by which share the rules count less in it, with these log odds of an attack."""
        if not self.may_calm:
            return 0.0
        return _CALM / (1.0 + float(np.exp(np.clip(2.0 * (odds - _CALM_BELOW), -50.0, 50.0))))

    def finding(self, rule: str, score: float, *, calms: bool = False) -> Finding:
        """Return what is said of it."""
        known = "harmless texts" if calms else "known attacks"
        return Finding(
            rule=rule,
            score=round(score, 4),
            start=self.start,
            end=self.end,
            message=f"says much the same as {known}",
            calms=calms,
        )


def parts(text: str, stage: GuardStage) -> list[Part]:
    """Split a text; it is judged by the rules once, and its sentences share what they say."""
    suspected = suspicions(text)
    passage = stage is GuardStage.PASSAGE
    quotes = passage and speaks_of_attacks(fold(text).text)
    found = []
    for start, end in spans(text, stage):
        folded = fold(text[start:end]).text
        rules = _within(suspected, start, end)
        # Only what the rules speak of can be calmed.
        may_calm = bool(rules) and not _resists(text[start:end], folded)
        found.append(Part(start, end, row(folded, rules), quotes, may_calm))
    return found


def whole(text: str) -> Mapping[int, float]:
    """Return the row of a text that is one sentence, or is to be judged as one."""
    return row(fold(text).text, _within(suspicions(text), 0, len(text)))


def _within(suspected: Sequence[Suspicion], start: int, end: int) -> dict[str, float]:
    """Return the weight of each sign that reaches into a span."""
    return {each.rule: each.weight for each in suspected if each.start < end and start < each.end}


def _resists(text: str, folded: str) -> bool:
    """Tell whether nothing calms a sentence.

    What somebody took pains to hide is like nothing that is known, and stays suspicious; so
    does what asks whether a machine reads it.
    """
    return any(view.how for view in views(text)) or suspects_its_reader(folded)
