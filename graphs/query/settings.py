"""What an operator may tune of the query graph; each default says where it comes from."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graphs.query.filters import AccessRule


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FusionMethod(StrEnum):
    """How the two ranked lists become one."""

    DBSF = "dbsf"
    RRF = "rrf"
    WEIGHTED = "weighted"


class FusionSettings(_Section):
    """How dense and sparse candidates are fused.

    `weights` says, for each language of a question, how much the dense branch counts (the
    sparse branch counts the rest); `default` is for the others. An embedder that reads
    English only should count less for other languages.
    """

    method: FusionMethod = FusionMethod.DBSF
    rrf_k: int = Field(default=60, ge=1)
    weights: Mapping[str, float] = {"default": 0.5}

    @model_validator(mode="after")
    def _check_weights(self) -> Self:
        if "default" not in self.weights:
            raise ValueError("weights: needs an entry 'default'")
        wrong = [name for name, value in self.weights.items() if not 0.0 <= value <= 1.0]
        if wrong:
            raise ValueError(f"weights.{wrong[0]}: the dense share lies between 0 and 1")
        return self

    def dense_weight(self, language: str) -> float:
        """Return the dense branch's share, 0..1, for a question in `language`."""
        return self.weights.get(language, self.weights["default"])


class RerankWhen(StrEnum):
    """When passages are reranked; a request may override it."""

    UNSURE = "unsure"
    ALWAYS = "always"
    NEVER = "never"


class RerankSettings(_Section):
    """When and how deep the reranker looks.

    A search is sure when both branches name the same best passage, or when the best fused
    score leads the second by at least `margin` of the spread of the first `depth` passages.
    On the sample questions a margin of 0.1 reranks 6 % of the searches and one of 0.25 reranks
    42 %; neither moves the right page up measurably, so the default is the cheap one. On 182
    questions about a TV manual nDCG@10 is .844 without reranking, .870 at 0.1 (33 % reranked),
    .877 at 0.25 (50 %) and .878 when all are.
    `weight` is the reranker's share of the mixed score, the rest is the fused score's.
    """

    when: RerankWhen = RerankWhen.UNSURE
    depth: int = Field(default=20, ge=2, le=100)
    weight: float = Field(default=0.5, ge=0.0, le=1.0)
    margin: float = Field(default=0.1, ge=0.0, le=1.0)
    timeout_s: float = Field(default=10.0, gt=0)


class Strategy(StrEnum):
    """How to look for passages.

    `vanilla` looks once. The others look again: `rewrite` with a better wording, `hyde` with
    a passage that a model imagines, `fusion` with several questions. `auto` does so only when
    the question is vague or the first look leaves doubt.
    """

    VANILLA = "vanilla"
    REWRITE = "rewrite"
    HYDE = "hyde"
    FUSION = "fusion"
    AUTO = "auto"


class StrategySettings(_Section):
    """Whether to look again, and how.

    `lead` is by how much the best fused score must exceed the mean of those behind it for
    the first look to be sure. `depth` is how many passages of each look are fused.
    """

    default: Strategy = Strategy.AUTO
    lead: float = Field(default=0.15, ge=0.0, le=1.0)
    max_queries: int = Field(default=4, ge=2, le=8)
    depth: int = Field(default=20, ge=5, le=100)
    timeout_s: float = Field(default=20.0, gt=0)


class RetrievalSettings(_Section):
    """How many candidates each branch gives, and how long an encoder may take."""

    candidates: int = Field(default=100, ge=10, le=1000)
    encode_timeout_s: float = Field(default=10.0, gt=0)


class ContextSettings(_Section):
    """What fits in front of the chat model; tokens are the embedder's count at ingestion."""

    max_passages: int = Field(default=8, ge=1, le=20)
    max_tokens: int = Field(default=3000, ge=100)
    overlap: float = Field(
        default=0.5,
        gt=0.0,
        le=1.0,
        description="A passage is a duplicate when this share of its words or characters "
        "is already in the context.",
    )
    diversity: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Weight of being unlike the passages before (MMR); 0 keeps the order.",
    )


class AnswerSettings(_Section):
    """How an answer is written and checked.

    `min_support` is the least support score (0..1) of a sentence that may leave.
    """

    min_support: float = Field(default=0.6, ge=0.0, le=1.0)
    max_output_tokens: int = Field(default=1024, ge=16)
    idle_timeout_s: float = Field(default=60.0, gt=0)


class QuerySettings(_Section):
    """The query graph's settings: the section `query` of the service's configuration."""

    max_question_chars: int = Field(default=4000, ge=1, le=100_000)
    languages: tuple[str, ...] = Field(default=("en", "de"), min_length=1)
    default_collection: str = "default"
    access: tuple[AccessRule, ...] = Field(
        default=(), description="Narrow each search by attributes of whoever asks."
    )
    retrieval: RetrievalSettings = RetrievalSettings()
    fusion: FusionSettings = FusionSettings()
    strategy: StrategySettings = StrategySettings()
    rerank: RerankSettings = RerankSettings()
    context: ContextSettings = ContextSettings()
    answer: AnswerSettings = AnswerSettings()
