"""Answers with sentences of the passages: no model, nothing made up.

It picks the sentences that speak of most of the question (rare words count more), that
have the kind of content the question asks for and are about the right product, and it
abstains when none of them is good enough.
"""

from collections.abc import AsyncIterator, Sequence
from typing import ClassVar

import numpy as np
from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.chat_model.abstention import abstention
from providers.chat_model.composing import Limits, compose
from providers.chat_model.evidence import Evidence, units_of, weigh
from providers.chat_model.question import read_question
from providers.chat_model.reading.identifiers import names_in
from providers.chat_model.reading.languages import detect
from providers.errors import ProviderError
from providers.protocols import Embedder
from providers.types import (
    ChatDelta,
    ChatRequest,
    GroundingPassage,
    Health,
    Status,
    TextKind,
    Usage,
)


class ExtractiveConfig(BaseModel):
    """Options of the `extractive` chat model.

    `min_covered` is the least share (0..1) of the question that the best sentence, with its
    heading and the sentence before it, has to speak of; below it the answer abstains.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: tuple[str, ...] = Field(default=("en", "de"), min_length=1)
    max_sentences: int = Field(default=3, ge=1, le=10)
    max_steps: int = Field(default=8, ge=1, le=30)
    min_covered: float = Field(default=0.42, ge=0.0, le=1.0)


class ExtractiveChatModel:
    """A chat model that only quotes."""

    config_type: ClassVar = ExtractiveConfig

    def __init__(self, config: ExtractiveConfig) -> None:
        self._config = config
        self._embedder: Embedder | None = None

    @property
    def model(self) -> str:
        """Name of the model."""
        return "extractive"

    def bind_embedder(self, embedder: Embedder | None) -> None:
        """Let sentences also be compared in meaning; without an embedder, words decide alone."""
        self._embedder = embedder

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Yield the answer sentence by sentence; the last delta carries the usage in words."""
        closeness = await self._closeness(request.question, request.passages)
        answer = await to_thread.run_sync(self._answer, request, closeness)
        written = 0
        for index, sentence in enumerate(answer):
            written += len(sentence.split())
            yield ChatDelta(text=sentence if index == 0 else f"\n{sentence}")
        read = sum(len(passage.text.split()) for passage in request.passages)
        read += len(request.question.split())
        yield ChatDelta(usage=Usage(input_tokens=read, output_tokens=written))

    async def check(self) -> Health:
        """It needs nothing, so it is ready."""
        return Health(status=Status.READY, plugin="extractive", model=self.model)

    async def aclose(self) -> None:
        """Release nothing."""

    async def _closeness(
        self, question: str, passages: Sequence[GroundingPassage]
    ) -> list[list[float]] | None:
        texts = [[unit.text for unit in units_of(passage)] for passage in passages]
        flat = [text for group in texts for text in group]
        if self._embedder is None or not flat:
            return None
        try:
            asked = await self._embedder.embed([question], kind=TextKind.QUERY)
            rows = await self._embedder.embed(flat, kind=TextKind.PASSAGE)
        except ProviderError:
            # Meaning only refines the choice; the words can decide without it.
            return None
        cosines = np.clip(rows @ asked[0], 0.0, 1.0).tolist()
        found, start = [], 0
        for group in texts:
            found.append(cosines[start : start + len(group)])
            start += len(group)
        return found

    def _answer(self, request: ChatRequest, closeness: list[list[float]] | None) -> list[str]:
        language = detect(request.question, self._config.languages)
        names = frozenset().union(*(names_in(passage.title) for passage in request.passages))
        question = read_question(request.question, language, names)
        evidence = weigh(question, request.passages, closeness)
        good = [item for item in evidence if self._is_good(item)]
        if not good:
            return [abstention(language)]
        limits = Limits(sentences=self._config.max_sentences, steps=self._config.max_steps)
        return compose(question, good, request.passages, limits)

    def _is_good(self, item: Evidence) -> bool:
        return item.covered >= self._config.min_covered
