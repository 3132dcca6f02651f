"""What flows through the query graph."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from operator import add, or_
from typing import Annotated, Any, Literal, NamedTuple

from typing_extensions import TypedDict

from data.values import LiveChunk
from graphs.query.filters import Filters
from graphs.query.guarding.rulings import OwnRules, Refusal, Verdict
from graphs.query.settings import Strategy
from providers.types import ChatMessage, Finding, GroundingPassage, Usage, Vector

CacheName = Literal["exact", "semantic"]
"""Which cache an answer may come from: of the same question, or of one that asks the same."""
MAX_TOP_K = 1000
"""Most passages a caller may ask for."""


class Mode(StrEnum):
    """Which branches of retrieval to use."""

    HYBRID = "hybrid"
    DENSE = "dense"
    SPARSE = "sparse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a caller may choose for one run; who is asking is not among it.

    Without `cache` the question is answered anew, whatever was answered before.
    """

    collection: str = "default"
    top_k: int = 8
    mode: Mode = Mode.HYBRID
    rerank: bool | None = None
    cache: bool = True
    filters: Filters | None = None
    strategy: Strategy | None = None
    explain: bool = False

    def __post_init__(self) -> None:
        """Refuse what no run can do, and turn names and mappings into what they stand for."""
        object.__setattr__(self, "mode", Mode(self.mode))
        if self.strategy is not None:
            object.__setattr__(self, "strategy", Strategy(self.strategy))
        if self.filters is not None:
            object.__setattr__(self, "filters", Filters.model_validate(self.filters))
        if not 1 <= self.top_k <= MAX_TOP_K:
            raise ValueError(f"top_k lies between 1 and {MAX_TOP_K}")


class Fused(NamedTuple):
    """A candidate after fusion; a branch that did not name it has no score and no rank.

    Ranks count from 1. `score` lies between 0 and 1. A tuple, because each search makes some
    two hundred.
    """

    id: str
    score: float
    dense_score: float | None = None
    sparse_score: float | None = None
    dense_rank: int | None = None
    sparse_rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A live chunk that was found, with why it was found; `rank` counts from 1.

    The properties give it the shape of a search hit.
    """

    rank: int
    score: float
    chunk: LiveChunk
    page: int | None
    fused: Fused
    rerank_score: float | None = None

    @property
    def chunk_id(self) -> str:
        """Id of the chunk, a UUID string."""
        return self.chunk.chunk_id

    @property
    def document_id(self) -> str:
        """Id of the chunk's document."""
        return self.chunk.document_id

    @property
    def version(self) -> int:
        """Version of the document, from 1."""
        return self.chunk.version

    @property
    def source(self) -> str:
        """Display name of the document."""
        return self.chunk.source

    @property
    def heading_path(self) -> list[str]:
        """Headings above the chunk, outermost first."""
        return list(self.chunk.heading_path)

    @property
    def text(self) -> str:
        """The chunk's text."""
        return self.chunk.text

    def as_hit(self) -> dict[str, object]:
        """Return the fields of a search hit, as events carry them."""
        return {
            "rank": self.rank,
            "score": self.score,
            "chunk_id": self.chunk_id,
            "document_id": self.document_id,
            "version": self.version,
            "source": self.source,
            "page": self.page,
            "heading_path": self.heading_path,
            "text": self.text,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedSpan:
    """A checked citation, field by field what the service shows.

    `quote` is `text[start:end]` of the document's normalised text; `page` is physical, from
    1; `support` lies between 0 and 1; `attribution` is whom the licence wants named.
    """

    marker: int
    document_id: str
    version: int
    chunk_id: str
    source: str
    page: int | None
    heading_path: list[str]
    quote: str
    start: int
    end: int
    support: float
    attribution: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedSentence:
    """A sentence of the answer that left, with its markers and the space before it."""

    text: str
    citations: tuple[CitedSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """A call of a chat model; `latency_ms` in milliseconds, `error` when it failed."""

    model: str
    usage: Usage = field(default_factory=Usage)
    latency_ms: float = 0.0
    error: str | None = None


class Side(NamedTuple):
    """A sentence of one edition; `start` and `end` count in the document's normalised text."""

    document_id: str
    version: int
    source: str
    chunk_id: str
    page: int | None
    quote: str
    start: int
    end: int


class Conflict(NamedTuple):
    """Two editions of a document that say the same with other numbers."""

    newer: Side
    older: Side


class Outcome(StrEnum):
    """What became of a passage that was found.

    `filter`: a filter or access rule forbids it. `withheld`: its document is deleted,
    replaced by a newer edition, not public, or its licence forbids to quote it.
    """

    KEPT = "kept"
    DUPLICATE = "duplicate"
    BUDGET = "budget"
    LIMIT = "limit"
    FILTER = "filter"
    WITHHELD = "withheld"


class Decision(NamedTuple):
    """What became of a passage, and why."""

    passage: Passage
    outcome: Outcome
    why: str = ""


class Dropped(NamedTuple):
    """A candidate that was left out before it became a passage; without a chunk, withheld."""

    fused: Fused
    chunk: LiveChunk | None


class Explained(NamedTuple):
    """How a passage or candidate was found, and what became of it.

    `rank` is its place among the passages, None for what never was one. `matched` are its
    words that the question has too.
    """

    rank: int | None
    chunk_id: str
    document_id: str
    source: str
    page: int | None
    outcome: Outcome
    why: str
    score: float
    rerank_score: float | None
    matched: tuple[str, ...]
    fused: Fused


class QueryInput(TypedDict, total=False):
    """What a run starts from; `history` are earlier turns, oldest first."""

    question: str
    conversation_id: str | None
    history: tuple[ChatMessage, ...]


class SearchOutput(TypedDict, total=False):
    """What a search ends with."""

    passages: list[Passage]
    reranked: bool
    degraded: list[str]
    timings_ms: dict[str, float]
    explanation: list[Explained]


class QueryOutput(SearchOutput, total=False):
    """What a run ends with; `usage` covers all model calls, `model` wrote the answer.

    `cached` names the cache (`exact`, `semantic`) that the answer came from.
    `asked` is the question as it was asked when `question` had to be completed from the
    conversation.
    """

    answer: str
    citations: list[CitedSpan]
    abstained: bool
    conversation_id: str | None
    language: str
    model: str
    usage: Usage
    cached: CacheName | None
    strategy: Strategy
    queries: list[str]
    question: str
    asked: str
    conflicts: list[Conflict]
    refusal: Refusal | None


class QueryState(TypedDict, total=False):
    """Everything the nodes hand on; `look` is the caches' own (`graphs.query.caching`)."""

    question: str
    asked: str
    conversation_id: str | None
    history: tuple[ChatMessage, ...]
    language: str
    passages: list[Passage]
    doubtful: bool
    strategy: Strategy
    strategy_reason: str
    queries: list[str]
    aside: Annotated[list[Usage], add]
    reranked: bool
    dropped: list[Dropped]
    explanation: list[Explained]
    conflicts: list[Conflict]
    own_rules: OwnRules
    question_vector: Vector | None
    question_findings: list[Finding]
    refusal: Refusal | None
    verdicts: Annotated[list[Verdict], add]
    cleaned: dict[str, str]
    grounding: list[GroundingPassage]
    sentences: list[CheckedSentence]
    calls: list[ModelCall]
    answer: str
    citations: list[CitedSpan]
    abstained: bool
    model: str
    usage: Usage
    cached: CacheName | None
    look: Any
    degraded: Annotated[list[str], add]
    timings_ms: Annotated[Mapping[str, float], or_]
