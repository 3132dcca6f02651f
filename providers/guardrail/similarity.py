"""A guardrail that compares sentences with known attacks and known harmless phrases.

Attacks and ordinary questions alike speak of instructions, passwords and rules. So a sentence is
suspicious when all that is known of it, weighed by what tells known phrases apart, speaks for
an attack.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from anyio import to_thread
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from providers.errors import ProviderError
from providers.guardrail.concepts import NAMES
from providers.guardrail.ideas import listing
from providers.guardrail.injection import (
    RULES,
    Suspicion,
    speaks_of_attacks,
    suspects_its_reader,
    suspicions,
)
from providers.guardrail.known import PATTERNS, Phrase, phrases
from providers.guardrail.likeness import Likeness, fit
from providers.guardrail.rows import Rows, row
from providers.guardrail.spans import spans
from providers.guardrail.unmasking import fold, views
from providers.protocols import Embedder
from providers.types import Finding, GuardStage, Health, Matrix, Status, TextKind, Vector

_VERSION = "5"
"""Of rows and fitting; another one fits anew."""
_STAGES = (GuardStage.QUESTION, GuardStage.PASSAGE)
_MAX_SENTENCES = 48
"""Sentences of one call that are embedded, the most suspicious ones."""
_LEAST = 0.05
"""A lower score is not worth a word."""
_REACH = 2.0
"""Standard deviations by which the meaning of a sentence may change what is thought of it."""
_CALM = 0.8
"""The most by which a harmless sentence weakens what the rules say of it."""
_QUOTING = 2.0
"""What the log odds of a sentence lose in a passage about attacks, which may quote one."""

_Doubles = NDArray[np.float64]


class SimilarityConfig(BaseModel):
    """Options of the `similarity` guardrail.

    Fitted weights are kept in `data_dir`. The score is one half where the log odds of an
    attack are `middle`, or `passage_middle` for the sentences of a passage, which are many; it
    rises with `slope`. Chosen with all-MiniLM-L6-v2 by fitting the phrases of some authors and
    judging another's texts; another embedder may want others. Questions need more, because a
    false alarm on one is a refusal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path | None = None
    middle: float = Field(default=2.0, ge=-10.0, le=10.0)
    passage_middle: float = Field(default=1.5, ge=-10.0, le=10.0)
    slope: float = Field(default=2.0, gt=0.0)


class SimilarityGuardrail:
    """Finds `injection.alike`: sentences that mean what an attack means."""

    config_type: ClassVar = SimilarityConfig

    def __init__(self, config: SimilarityConfig) -> None:
        self._config = config
        self._embedder: Embedder | None = None
        self._fitted: Mapping[GuardStage, Likeness] | None = None
        self._fitting: asyncio.Task[Mapping[GuardStage, Likeness]] | None = None

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
        likeness = (await self._likeness())[stage]
        parts = await to_thread.run_sync(_parts, texts, stage)
        if not parts:
            return found
        odds = await self._odds(likeness, parts, vectors, stage)
        for part, odd in zip(parts, odds, strict=True):
            score = self._score(float(odd), stage)
            if score >= _LEAST:
                found[part.index].append(part.finding("injection.alike", score))
            calm = part.calm(float(odd))
            if calm >= _LEAST:
                found[part.index].append(part.finding("injection.unlike", calm, calms=True))
        return found

    async def check(self) -> Health:
        """Embed the known phrases, so that the first question does not wait for them."""
        try:
            await self._likeness()
        except ProviderError as error:
            return Health(status=Status.UNAVAILABLE, plugin="similarity", detail=str(error))
        known = phrases()
        attacks = sum(phrase.attack for phrase in known)
        detail = f"{attacks} attacks, {len(known) - attacks} harmless phrases"
        return Health(status=Status.READY, plugin="similarity", detail=detail)

    async def aclose(self) -> None:
        """Forget what was fitted; the embedder is the caller's."""
        self._fitted = None
        task, self._fitting = self._fitting, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    async def _odds(
        self,
        likeness: Likeness,
        parts: Sequence["_Part"],
        vectors: Mapping[str, Vector],
        stage: GuardStage,
    ) -> _Doubles:
        """Return log odds; what is clear whatever it means is not embedded."""
        rows = await to_thread.run_sync(Rows.of, [part.row for part in parts])
        odds = likeness.before_meaning(rows)
        odds -= _QUOTING * np.array([part.quotes for part in parts])
        open_ = self._middle(stage) - odds
        chosen = [int(i) for i in np.argsort(open_)[:_MAX_SENTENCES]]
        if stage is GuardStage.PASSAGE:
            near = np.abs(open_) < _REACH * likeness.spread
            chosen = [int(i) for i in np.argsort(open_) if near[i]][:_MAX_SENTENCES]
        if chosen:
            meaning = await self._meaning([parts[i].text for i in chosen], vectors)
            odds[chosen] += likeness.of_meaning(meaning)
        return odds

    def _middle(self, stage: GuardStage) -> float:
        config = self._config
        return config.middle if stage is GuardStage.QUESTION else config.passage_middle

    def _score(self, margin: float, stage: GuardStage) -> float:
        odds = np.clip(self._config.slope * (margin - self._middle(stage)), -50.0, 50.0)
        return float(1.0 / (1.0 + np.exp(-odds)))

    async def _likeness(self) -> Mapping[GuardStage, Likeness]:
        """Return what is fitted; whoever stops waiting does not stop the fitting."""
        if self._fitted is None:
            if self._fitting is None or self._fitting.done():
                self._fitting = asyncio.create_task(self._fit())
            self._fitted = await asyncio.shield(self._fitting)
        return self._fitted

    async def _fit(self) -> Mapping[GuardStage, Likeness]:
        """Fit the weights, or read those that were fitted for these phrases and this embedder."""
        name = await to_thread.run_sync(self._name)
        for folder in (PATTERNS, self._config.data_dir):
            found = None if folder is None else await to_thread.run_sync(_kept, folder, name)
            if found is not None:
                return found
        meaning = await self._meaning([phrase.text for phrase in phrases()], {})
        fitted = await to_thread.run_sync(_fitted, phrases(), meaning)
        if self._config.data_dir is not None:
            await to_thread.run_sync(_keep, self._config.data_dir, name, fitted)
        return fitted

    def _name(self) -> str:
        """Return how files for these phrases and this embedder are named.

        Raises:
            ProviderError: there is no embedder, or its model is missing.
        """
        if self._embedder is None:
            raise ProviderError("the guardrail 'similarity' needs an embedder")
        texts = [f"{phrase.attack:d} {phrase.stage} {phrase.text}" for phrase in phrases()]
        key = "\n".join([_VERSION, self._embedder.fingerprint, *NAMES, listing(), *RULES, *texts])
        return f"likeness-{hashlib.sha256(key.encode()).hexdigest()[:32]}"

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


@dataclass(frozen=True, slots=True)
class _Part:
    """A sentence [start, end) of the text number `index`, and what its signs are.

    `quotes` says that its text is about attacks, `may_calm` that it was not hidden.
    """

    index: int
    start: int
    end: int
    text: str
    row: Mapping[int, float]
    quotes: bool
    may_calm: bool

    def calm(self, odds: float) -> float:
        """Return by which share the rules count less in it, with these log odds of an attack."""
        if not self.may_calm:
            return 0.0
        return _CALM / (1.0 + float(np.exp(np.clip(2.0 * odds, -50.0, 50.0))))

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


def _parts(texts: Sequence[str], stage: GuardStage) -> list[_Part]:
    """Split texts; a text is judged by the rules once, and its sentences share what they say."""
    return [part for index, text in enumerate(texts) for part in _of_text(index, text, stage)]


def _of_text(index: int, text: str, stage: GuardStage) -> list[_Part]:
    suspected = suspicions(text)
    passage = stage is GuardStage.PASSAGE
    quotes = passage and speaks_of_attacks(fold(text).text)
    found = []
    for start, end in spans(text, stage):
        folded = fold(text[start:end]).text
        rules = _within(suspected, start, end)
        # Only what the rules speak of can be calmed.
        may_calm = passage and bool(rules) and not _resists(text[start:end], folded)
        found.append(
            _Part(index, start, end, text[start:end], row(folded, rules), quotes, may_calm)
        )
    return found


def _within(suspected: Sequence[Suspicion], start: int, end: int) -> dict[str, float]:
    """Return the weight of each sign that reaches into a span."""
    return {each.rule: each.weight for each in suspected if each.start < end and start < each.end}


def _resists(text: str, folded: str) -> bool:
    """Tell whether nothing calms a sentence.

    What somebody took pains to hide is like nothing that is known, and stays suspicious; so
    does what asks whether a machine reads it.
    """
    return any(view.how for view in views(text)) or suspects_its_reader(folded)


def _fitted(known: Sequence[Phrase], meaning: Matrix) -> Mapping[GuardStage, Likeness]:
    """Fit the weights for each stage with those phrases that say something about it."""
    rows = [
        row(fold(phrase.text).text, _within(suspicions(phrase.text), 0, len(phrase.text)))
        for phrase in known
    ]
    return {stage: _fitted_for(stage, known, rows, meaning) for stage in _STAGES}


def _fitted_for(
    stage: GuardStage, known: Sequence[Phrase], rows: Sequence[Mapping[int, float]], meaning: Matrix
) -> Likeness:
    chosen = [index for index, phrase in enumerate(known) if phrase.tells_of(stage)]
    attack = np.array([float(known[index].attack) for index in chosen])
    counts = np.array([known[index].weight for index in chosen])
    return fit(meaning[chosen], Rows.of([rows[index] for index in chosen]), attack, counts)


def _kept(folder: Path, name: str) -> Mapping[GuardStage, Likeness] | None:
    found = {stage: Likeness.load(folder / f"{name}-{stage.value}.npz") for stage in _STAGES}
    kept = {stage: likeness for stage, likeness in found.items() if likeness is not None}
    return kept if len(kept) == len(_STAGES) else None


def _keep(folder: Path, name: str, fitted: Mapping[GuardStage, Likeness]) -> None:
    for stage, likeness in fitted.items():
        likeness.save(folder / f"{name}-{stage.value}.npz")
