"""A guardrail that compares sentences with known attacks and known harmless texts.

Attacks and ordinary questions alike speak of instructions, passwords and rules. So a sentence is
suspicious when all that is told of it, weighed by what tells known texts apart, speaks for
an attack. It takes a fraction of a millisecond a sentence, and no model.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from providers.guardrail.likeness import STAGES, Likeness, likeness
from providers.guardrail.parts import parts
from providers.guardrail.rows import Rows
from providers.types import Finding, GuardStage, Health, Status
from providers.visits import in_thread

_LEAST = 0.05
"""A lower score is not worth a word."""
_QUOTING = 2.0
"""What the log odds of a sentence lose in a passage about attacks, which may quote one."""


class SimilarityConfig(BaseModel):
    """Options of the `similarity` guardrail.

    The score is one half where the log odds of an attack are `middle`, or `passage_middle` for the
    sentences of a passage, which are many; it rises with `slope`. Chosen by fitting the texts of
    some authors and judging others'.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    middle: float = Field(default=0.5, ge=-10.0, le=10.0)
    passage_middle: float = Field(default=1.5, ge=-10.0, le=10.0)
    slope: float = Field(default=2.0, gt=0.0)


class SimilarityGuardrail:
    """Finds `injection.alike`: sentences that say what an attack says."""

    config_type: ClassVar = SimilarityConfig

    def __init__(
        self, config: SimilarityConfig, weights: Callable[[GuardStage], Likeness] = likeness
    ) -> None:
        """Judge with these weights, those that were released unless told otherwise."""
        self._config = config
        self._weights = weights

    async def inspect(
        self, texts: Sequence[str], *, stage: GuardStage, language: str = "en"
    ) -> list[list[Finding]]:
        """Look at each sentence of each text; all languages are alike to it."""
        if stage is GuardStage.ANSWER:
            return [[] for _ in texts]
        if stage is GuardStage.PASSAGE:  # many and long: the event loop must not wait for them
            return await in_thread(self._inspect, texts, stage)
        return self._inspect(texts, stage)

    async def check(self) -> Health:
        """Read the weights, so that the first question does not wait for them."""
        read = await in_thread(lambda: [self._weights(stage) for stage in STAGES])
        most = max(read, key=lambda each: each.attacks + each.harmless)
        detail = f"{most.attacks} attacks, {most.harmless} harmless texts"
        return Health(status=Status.READY, plugin="similarity", detail=detail)

    async def aclose(self) -> None:
        """Hold nothing."""

    def _inspect(self, texts: Sequence[str], stage: GuardStage) -> list[list[Finding]]:
        found: list[list[Finding]] = [[] for _ in texts]
        read = [(index, part) for index, text in enumerate(texts) for part in parts(text, stage)]
        if not read:
            return found
        odds = self._weights(stage).odds(Rows.of([part.row for _, part in read]))
        odds -= _QUOTING * np.array([part.quotes for _, part in read])
        for (index, part), odd in zip(read, odds.tolist(), strict=True):
            score = self._score(odd, stage)
            if score >= _LEAST:
                found[index].append(part.finding("injection.alike", score))
            calm = part.calm(odd)
            if calm >= _LEAST:
                found[index].append(part.finding("injection.unlike", calm, calms=True))
        return found

    def _score(self, odds: float, stage: GuardStage) -> float:
        config = self._config
        middle = config.middle if stage is GuardStage.QUESTION else config.passage_middle
        return float(1.0 / (1.0 + np.exp(-np.clip(config.slope * (odds - middle), -50.0, 50.0))))
