"""A guardrail that compares texts by meaning with known attacks and known harmless phrases.

What decides is the margin between the likeness to both kinds: attacks and ordinary questions
alike speak of instructions, passwords and rules, and a text is suspicious only when it is
clearly closer to the one kind.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.embedder.hashing import HashingConfig, HashingEmbedder
from providers.errors import ProviderError
from providers.guardrail.concepts import NAMES, TELLING, concepts
from providers.guardrail.injection import (
    RULES,
    signals,
    speaks_of_attacks,
    suspects_its_reader,
)
from providers.guardrail.likeness import Likeness, fit
from providers.guardrail.spans import spans
from providers.guardrail.unmasking import fold, views
from providers.protocols import Embedder
from providers.types import Finding, GuardStage, Health, Matrix, Status, TextKind, Vector

PATTERNS = Path(__file__).parent / "patterns"
"""Phrases by kind, a language and a phrase a line; and weights fitted for the default model."""
_VERSION = "4"
"""Of rows and fitting; another one fits anew."""
_SPELLING = HashingConfig(dimensions=2048)
_MAX_SENTENCES = 48
"""Sentences of one call that are embedded, the most suspicious ones."""
_LEAST = 0.05
"""A lower score is not worth a word."""
_SHARE_OF_REACH = 0.6
"""How much of what meaning could change at the most it does change in practice."""
_CALM = 0.8
"""The most by which a harmless sentence weakens what the rules say of it."""
_QUOTING = np.float32(2.0)
"""What the log odds of a sentence lose in a passage about attacks, which may quote one."""
_SILENT = np.float32(2.0)
"""What the log odds of a passage's sentence lose when it speaks of nothing that orders speak of."""
_SPELLED, _SPOKEN, _RULED = 0.8, 0.5, 1.0
"""How much the signs count beside the embedder's vector; chosen by cross-validation."""


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
            _Part(index, start, end, text[start:end])
            for index, text in enumerate(texts)
            for start, end in spans(text, stage)
        ]
        if not parts:
            return found
        margins = await self._margins([part.text for part in parts], vectors, stage)
        if stage is GuardStage.PASSAGE:
            about = np.array([speaks_of_attacks(fold(text).text) for text in texts], np.float32)
            margins -= np.float32(_QUOTING) * about[[part.index for part in parts]]
        for part, margin in zip(parts, margins, strict=True):
            score = self._score(float(margin), stage)
            if score >= _LEAST:
                found[part.index].append(part.finding("injection.alike", score))
            calm = _calm(part.text, float(margin)) if stage is GuardStage.PASSAGE else 0.0
            if calm >= _LEAST:
                found[part.index].append(part.finding("injection.unlike", calm, calms=True))
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

    async def _margins(
        self, texts: Sequence[str], vectors: Mapping[str, Vector], stage: GuardStage
    ) -> Matrix:
        """Return log odds; what is harmless whatever it means is not embedded."""
        likeness = await self._likeness()
        signs = await self._signs(texts)
        margins = likeness.before_meaning(signs)
        worth = margins + _SHARE_OF_REACH * likeness.reach(signs.shape[1])
        middle = self._middle(stage)
        chosen = [int(i) for i in np.argsort(-worth)[:_MAX_SENTENCES] if worth[i] > middle - 1.0]
        if stage is GuardStage.QUESTION:
            chosen = list(range(min(len(texts), _MAX_SENTENCES)))
        if chosen:
            meaning = await self._meaning([texts[i] for i in chosen], vectors)
            margins[chosen] = likeness.margins(np.hstack([meaning, signs[chosen]]))
        if stage is GuardStage.PASSAGE:
            margins -= _SILENT * _silent(signs)
        return margins

    def _middle(self, stage: GuardStage) -> float:
        config = self._config
        return config.middle if stage is GuardStage.QUESTION else config.passage_middle

    def _score(self, margin: float, stage: GuardStage) -> float:
        odds = np.clip(self._config.slope * (margin - self._middle(stage)), -50.0, 50.0)
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
        texts = [*attacks, *harmless]
        rows = np.hstack([await self._meaning(texts, {}), await self._signs(texts)])
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
        key = "\n".join([_VERSION, self._embedder.fingerprint, *NAMES, *RULES, *texts])
        return f"likeness-{hashlib.sha256(key.encode()).hexdigest()[:32]}.npz"

    async def _meaning(self, texts: Sequence[str], known: Mapping[str, Vector]) -> Matrix:
        """Return the embedder's vectors."""
        embedder = self._embedder
        if embedder is None:
            raise ProviderError("the guardrail 'similarity' needs an embedder")
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        made: dict[str, Vector] = dict(known)
        if missing:
            embedded = await embedder.embed(missing, kind=TextKind.QUERY)
            made.update(zip(missing, embedded, strict=True))
        return np.stack([made[text] for text in texts])

    async def _signs(self, texts: Sequence[str]) -> Matrix:
        """Return what needs no embedder: spelling, concepts and rules side by side."""
        folded = [fold(text).text for text in texts]
        spelling = await self._spelling.embed(folded, kind=TextKind.QUERY)
        spoken, ruled = await to_thread.run_sync(_spoken_and_ruled, texts, folded)
        return np.hstack([_SPELLED * spelling, _SPOKEN * spoken, _RULED * ruled])


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence [start, end) of the text number `index`."""

    index: int
    start: int
    end: int
    text: str

    def finding(self, rule: str, score: float, *, calms: bool = False) -> Finding:
        """Return what is said of it."""
        known = "harmless phrases" if calms else "known attacks"
        return Finding(
            rule=rule,
            score=round(score, 4),
            start=self.start,
            end=self.end,
            message=f"means much the same as {known}",
            calms=calms,
        )


def _calm(text: str, margin: float) -> float:
    """Return by which share the rules count less in a sentence with these log odds.

    What somebody took pains to hide is like nothing that is known, and stays suspicious; so
    does what asks whether a machine reads it.
    """
    if any(view.how for view in views(text)) or suspects_its_reader(fold(text).text):
        return 0.0
    return _CALM / (1.0 + float(np.exp(np.clip(2.0 * margin, -50.0, 50.0))))


def _spoken_and_ruled(texts: Sequence[str], folded: Sequence[str]) -> tuple[Matrix, Matrix]:
    return np.stack([concepts(text) for text in folded]), np.stack([signals(t) for t in texts])


def _silent(signs: Matrix) -> Matrix:
    """Return 1 for each row without a telling concept and without a rule's sign, else 0."""
    spoken = [_SPELLING.dimensions + index for index in TELLING]
    told = signs[:, spoken].any(axis=1) | signs[:, -len(RULES) :].any(axis=1)
    return np.array(~told, dtype=np.float32)


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """Return the known phrases of a kind.

    `attacks`; `benign` ones, which resemble attacks; `ordinary` ones, which are sentences of
    this project's manuals and pages.
    """
    lines = (PATTERNS / f"{kind}.tsv").read_text(encoding="utf-8").splitlines()
    return tuple(line.split("\t", 1)[1] for line in lines if line.strip())
