"""Answers with sentences of the passages: no model, nothing made up.

It picks the sentences that speak of most of the question (rare words count more), that
have the kind of content the question asks for and are about the right product, and it
abstains when none of them is good enough.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Annotated, ClassVar

from anyio import to_thread
from pydantic import BaseModel, ConfigDict, Field

from providers.chat_model.abstention import abstention
from providers.chat_model.closeness import Closeness
from providers.chat_model.composing import Limits, compose
from providers.chat_model.evidence import in_context, units_of, weigh
from providers.chat_model.question import read_question
from providers.chat_model.reading.identifiers import identifiers, names_in
from providers.chat_model.reading.languages import detect
from providers.protocols import Embedder
from providers.types import (
    ChatDelta,
    ChatRequest,
    GroundingPassage,
    Health,
    Status,
    Usage,
)

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class ExtractiveConfig(BaseModel):
    """Options of the `extractive` chat model.

    `min_covered` is the least share (0..1) of the question that the best sentence, with its
    heading and the sentence before it, has to speak of; below it the answer abstains. Where
    an embedder is bound, `min_certain` (0..1) decides instead, over words and meaning together.
    `meaning` is the share of meaning in that, by language of the question: a model that was
    trained on English only tells less about other languages. `max_vectors` is how many
    sentence vectors are remembered, `patience_s` how long a busy embedder is waited for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    languages: tuple[str, ...] = Field(default=("en", "de"), min_length=1)
    max_sentences: int = Field(default=3, ge=1, le=10)
    max_steps: int = Field(default=8, ge=1, le=30)
    min_covered: float = Field(default=0.42, ge=0.0, le=1.0)
    min_certain: float = Field(default=0.33, ge=0.0, le=1.0)
    meaning: Mapping[str, Share] = Field(default_factory=lambda: {"default": 0.3, "en": 0.5})
    max_vectors: int = Field(default=20_000, ge=1)
    patience_s: float = Field(default=2.0, gt=0.0)


class ExtractiveChatModel:
    """A chat model that only quotes."""

    config_type: ClassVar = ExtractiveConfig

    def __init__(self, config: ExtractiveConfig) -> None:
        self._config = config
        self._closeness: Closeness | None = None

    @property
    def model(self) -> str:
        """Name of the model."""
        return "extractive"

    @property
    def compares_meaning(self) -> bool:
        """Whether an embedder is bound."""
        return self._closeness is not None

    def bind_embedder(self, embedder: Embedder | None) -> None:
        """Let sentences also be compared in meaning; without an embedder, words decide alone."""
        if embedder is None:
            self._closeness = None
            return
        self._closeness = Closeness(
            embedder,
            max_vectors=self._config.max_vectors,
            patience_s=self._config.patience_s,
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Yield the answer sentence by sentence; the last delta carries the usage in words."""
        closeness = await self._measure(request.question, request.passages)
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

    async def _measure(
        self, question: str, passages: Sequence[GroundingPassage]
    ) -> list[list[float]] | None:
        if self._closeness is None:
            return None
        texts = [[in_context(unit, p) for unit in units_of(p)] for p in passages]
        flat = await self._closeness.measure(question, [t for group in texts for t in group])
        if flat is None:
            return None
        measured = iter(flat)
        return [[next(measured) for _ in group] for group in texts]

    def _answer(self, request: ChatRequest, closeness: list[list[float]] | None) -> list[str]:
        language = detect(request.question, self._config.languages)
        names = frozenset().union(*(names_in(passage.title) for passage in request.passages))
        question = read_question(request.question, language, names)
        if not _may_know(request.question, request.passages):
            return [abstention(language)]
        shares = self._config.meaning
        meaning = shares.get(language, shares.get("default", 0.0))
        evidence = weigh(question, request.passages, closeness, meaning)
        least = self._config.min_covered if closeness is None else self._config.min_certain
        good = [item for item in evidence if item.certain >= least]
        if not good:
            return [abstention(language)]
        limits = Limits(sentences=self._config.max_sentences, steps=self._config.max_steps)
        return compose(question, good, request.passages, limits)


def _may_know(question: str, passages: Sequence[GroundingPassage]) -> bool:
    """Tell whether the passages name a code that a question asks after, if it names any.

    Whoever asks what `E04` means is not helped by what was found of another code. Longer and
    shorter names of a series (`UE55` and `UE55X`) may be meant by one another. A name with small
    letters (`IPv6`) is that of a technique, which a manual may write out.
    """
    asked = identifiers(" ".join(word for word in question.split() if word == word.upper()))
    if not asked:
        return True
    known = identifiers("\n".join(f"{passage.title}\n{passage.text}" for passage in passages))
    return any(a.startswith(b) or b.startswith(a) for a in asked for b in known)
