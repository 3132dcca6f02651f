"""A guardrail that compares texts by meaning with known attacks and known harmless phrases.

What decides is the margin between the likeness to both kinds: attacks and ordinary questions
alike speak of instructions, passwords and rules, and a text is suspicious only when it is
clearly closer to the one kind.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.chat_model.reading.sentences import UnitKind, units
from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import ProviderError
from providers.guardrail.likeness import Likeness, fit
from providers.guardrail.phrases import TRIGGERS
from providers.guardrail.unmasking import fold
from providers.protocols import Embedder
from providers.types import Finding, GuardStage, Health, Matrix, Status, TextKind, Vector

PATTERNS = Path(__file__).parent / "patterns"
"""Phrases by kind, a language and a phrase a line; and weights fitted for the default model."""
_VERSION = "1"
"""Of vectors and fitting; another one fits anew."""
_SPELLING = HashingConfig(dimensions=2048)
_MAX_SENTENCES = 48
"""Sentences of one call that are embedded; the rest is left to the other guardrails."""
_MIN_WORDS = 4
"""Shorter sentences of passages say too little."""
_LEAST = 0.05
"""A lower score is not worth a word."""


class SimilarityConfig(BaseModel):
    """Options of the `similarity` guardrail.

    Fitted weights are kept in `data_dir`. The score is one half where the log odds of an
    attack are `middle`, or `passage_middle` for the sentences of a passage, which are many; it
    rises with `slope`. Chosen by cross-validation over the known phrases with
    all-MiniLM-L6-v2; another embedder may want others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path | None = None
    middle: float = Field(default=0.7, ge=-10.0, le=10.0)
    passage_middle: float = Field(default=1.5, ge=-10.0, le=10.0)
    slope: float = Field(default=2.0, gt=0.0)


class SimilarityGuardrail:
    """Finds `injection.alike`: sentences that mean what an attack means."""

    config_type: ClassVar = SimilarityConfig

    def __init__(self, config: SimilarityConfig) -> None:
        self._config = config
        self._embedder: Embedder | None = None
        self._spelling = HashingEmbedder(_SPELLING)
        self._fitted: Likeness | None = None
        self._fitting: asyncio.Task[Likeness] | None = None

    def bind_embedder(self, embedder: Embedder | None) -> None:
        """Compare with the vectors of `embedder`."""
        self._embedder, self._fitted = embedder, None

    async def inspect(
        self, texts: Sequence[str], *, stage: GuardStage, language: str = "en"
    ) -> list[list[Finding]]:
        """Look at each sentence of each text.

        Raises:
            ProviderError: there is no embedder, or it failed.
        """
        return await self.inspect_known(texts, {}, stage=stage)

    async def inspect_known(
        self, texts: Sequence[str], vectors: Mapping[str, Vector], *, stage: GuardStage
    ) -> list[list[Finding]]:
        """Like `inspect`, with the embedder's vectors of texts that are embedded already."""
        found: list[list[Finding]] = [[] for _ in texts]
        if stage is GuardStage.ANSWER:
            return found
        parts = [
            (index, start, end)
            for index, text in enumerate(texts)
            for start, end in _sentences(text, stage)
        ][:_MAX_SENTENCES]
        if not parts:
            return found
        likeness = await self._likeness()
        rows = await self._rows([texts[index][start:end] for index, start, end in parts], vectors)
        for (index, start, end), margin in zip(parts, likeness.margins(rows), strict=True):
            score = self._score(float(margin), stage)
            if score >= _LEAST:
                message = "means much the same as known attacks"
                found[index].append(
                    Finding(
                        rule="injection.alike",
                        score=round(score, 4),
                        start=start,
                        end=end,
                        message=message,
                    )
                )
        return found

    async def check(self) -> Health:
        """Embed the known phrases, so that the first question does not wait for them."""
        try:
            await self._likeness()
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="similarity", detail=str(error))
        detail = f"{len(phrases('attacks'))} attacks, {len(phrases('benign'))} harmless phrases"
        return Health(status=Status.READY, plugin="similarity", detail=detail)

    async def aclose(self) -> None:
        """Forget what was fitted; the embedder is the caller's."""
        self._fitted = None
        task, self._fitting = self._fitting, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    def _score(self, margin: float, stage: GuardStage) -> float:
        config = self._config
        middle = config.middle if stage is GuardStage.QUESTION else config.passage_middle
        odds = np.clip(config.slope * (margin - middle), -50.0, 50.0)
        return float(1.0 / (1.0 + np.exp(-odds)))

    async def _likeness(self) -> Likeness:
        """Return what is fitted; whoever stops waiting does not stop the fitting."""
        if self._fitted is None:
            if self._fitting is None or self._fitting.done():
                self._fitting = asyncio.create_task(self._fit())
            self._fitted = await asyncio.shield(self._fitting)
        return self._fitted

    async def _fit(self) -> Likeness:
        """Fit the weights, or read those that were fitted for these phrases and this embedder."""
        name = await to_thread.run_sync(self._name)
        kept = self._config.data_dir / name if self._config.data_dir is not None else None
        for path in (PATTERNS / name, kept):
            known = None if path is None else await to_thread.run_sync(Likeness.load, path)
            if known is not None:
                return known
        attacks, harmless = phrases("attacks"), [*phrases("benign"), *phrases("ordinary")]
        rows = await self._rows([*attacks, *harmless], {})
        kinds = np.repeat([1.0, 0.0], [len(attacks), len(harmless)])
        fitted = await to_thread.run_sync(fit, rows, kinds)
        if kept is not None:
            await to_thread.run_sync(fitted.save, kept)
        return fitted

    def _name(self) -> str:
        """Return the name of the file for these phrases and this embedder.

        Raises:
            ProviderError: there is no embedder, or its model is missing.
        """
        if self._embedder is None:
            raise ProviderError("the guardrail 'similarity' needs an embedder")
        texts = [text for kind in ("attacks", "benign", "ordinary") for text in phrases(kind)]
        key = "\n".join([_VERSION, self._embedder.fingerprint, *texts])
        return f"likeness-{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    async def _rows(self, texts: Sequence[str], known: Mapping[str, Vector]) -> Matrix:
        """Return the vectors of meaning and spelling side by side."""
        embedder = self._embedder
        if embedder is None:
            raise ProviderError("the guardrail 'similarity' needs an embedder")
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        made: dict[str, Vector] = dict(known)
        if missing:
            embedded = await embedder.embed(missing, kind=TextKind.QUERY)
            made.update(zip(missing, embedded, strict=True))
        meaning = np.stack([made[text] for text in texts])
        spelling = await self._spelling.embed([fold(t).text for t in texts], kind=TextKind.QUERY)
        return np.hstack([meaning, spelling])


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """Return the known phrases of a kind.

    `attacks`; `benign` ones, which resemble attacks; `ordinary` ones, which are sentences of
    this project's manuals and pages.
    """
    lines = (PATTERNS / f"{kind}.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(line.split("\t", 1)[1] for line in lines if line.strip())


def _sentences(text: str, stage: GuardStage) -> list[tuple[int, int]]:
    """Return the spans worth comparing: of a passage, only what could speak to a model."""
    found = units(text)
    if stage is GuardStage.QUESTION:
        spans = [(unit.start, unit.end) for unit in found]
        return spans if len(spans) == 1 else [(0, len(text)), *spans]
    return [
        (unit.start, unit.end)
        for unit in found
        if len(unit.text.split()) >= _MIN_WORDS
        and unit.kind not in {UnitKind.HEADING, UnitKind.HEADER}
        and TRIGGERS.search(fold(unit.text).text)
    ]
