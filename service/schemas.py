"""What the service says: one set of shapes for the API, the command line and the console."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from graphs.query.filters import Filters
from graphs.query.settings import Strategy
from graphs.query.state import Outcome
from providers.types import Status

MAX_QUESTION_CHARS = 100_000
"""Longest question a request may carry; the query graph's own limit is lower and configurable."""

MAX_TURNS = 1000
"""Most earlier turns a request may carry; the query graph reads the last ones."""
CONVERSATION_ID = r"^[A-Za-z0-9][A-Za-z0-9_.:@-]{0,63}$"

ConversationId = Annotated[str, Field(pattern=CONVERSATION_ID)]
CollectionName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]


class SearchMode(StrEnum):
    """Which branches of retrieval to use."""

    HYBRID = "hybrid"
    DENSE = "dense"
    SPARSE = "sparse"


class DocumentStatus(StrEnum):
    """Where a document stands after its ingestion."""

    PENDING = "pending"
    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    FAILED = "failed"


class JobStatus(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUARANTINED = "quarantined"


class Shape(BaseModel):
    """Base of everything that leaves the service: immutable, built from attributes too."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Request(BaseModel):
    """Base of everything that enters: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SearchRequest(Request):
    """Find passages."""

    query: str = Field(max_length=MAX_QUESTION_CHARS)
    collection: CollectionName = "default"
    k: int = Field(default=8, ge=1, le=100)
    mode: SearchMode = SearchMode.HYBRID
    rerank: bool | None = Field(
        default=None, description="Force or forbid reranking; null decides by confidence."
    )
    filters: Filters | None = None
    strategy: Strategy | None = Field(
        default=None, description="How to look; null looks once, as `vanilla`."
    )
    explain: bool = False


class Hit(Shape):
    """A passage found by a search; `page` is physical, from 1, or null without pages."""

    rank: int
    score: float
    chunk_id: str
    document_id: str
    version: int
    source: str
    page: int | None
    heading_path: list[str]
    text: str


class Explanation(Shape):
    """How a passage or candidate was found, and why it was kept or dropped.

    `rank` is null for a candidate that never became a passage. Ranks of a branch count from 1
    and are null where the branch did not name it. `matched` are its words that the question
    has too.
    """

    rank: int | None
    chunk_id: str
    document_id: str
    source: str
    page: int | None
    outcome: Outcome
    why: str
    score: float
    fused_score: float
    dense_score: float | None
    dense_rank: int | None
    sparse_score: float | None
    sparse_rank: int | None
    rerank_score: float | None
    matched: list[str]


class SearchResult(Shape):
    """The passages of a search, best first."""

    hits: list[Hit]
    degraded: list[str] = []
    reranked: bool = False
    timings_ms: dict[str, float] = {}
    explanation: list[Explanation] | None = None


class ChatTurn(Request):
    """An earlier turn that the question may refer to."""

    role: Literal["user", "assistant"]
    content: str = Field(max_length=MAX_QUESTION_CHARS)


class AskRequest(Request):
    """Ask a question."""

    question: str = Field(max_length=MAX_QUESTION_CHARS)
    collection: CollectionName = "default"
    conversation_id: ConversationId | None = None
    history: tuple[ChatTurn, ...] | None = Field(
        default=None,
        max_length=MAX_TURNS,
        description="Earlier turns, oldest first; without them, those of the conversation.",
    )
    cache: bool = Field(default=True, description="Take the answer from a cache where it is.")
    top_k: int = Field(default=8, ge=1, le=20)
    mode: SearchMode = SearchMode.HYBRID
    rerank: bool | None = None
    filters: Filters | None = None
    strategy: Strategy | None = Field(
        default=None, description="How to look for passages; null as the settings say."
    )
    explain: bool = False


class Citation(Shape):
    """Where a sentence of an answer comes from.

    `quote` stands literally in the document, on `page` (physical, from 1; null without
    pages); `start` and `end` are its offsets in the document's normalised text.
    `attribution` is whom the document's licence wants named.
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


class ConflictSide(Shape):
    """What one edition says; `quote` stands literally on `page`."""

    document_id: str
    version: int
    source: str
    chunk_id: str
    page: int | None
    quote: str
    start: int
    end: int


class ConflictRead(Shape):
    """Two editions of one document that give other numbers, of which the answer cites one."""

    newer: ConflictSide
    older: ConflictSide


class Refusal(Shape):
    """Why a question was not answered: the guard's rule, and what the user is told."""

    rule: str
    message: str


class TokenUsage(Shape):
    """What the answer cost."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


class Answer(Shape):
    """An answer whose every citation was checked; `degraded` lists what was left out.

    `cached` is `exact` when the same question was answered before, `semantic` when one that
    asks the same was, and null when the answer was written now.
    `strategy` is how the passages were looked for in the end, `queries` are those that were
    asked beside the question. `condensed_question` is what was asked in place of a question
    that leant on the conversation.
    `refusal` says that a guard kept the question from being answered; `abstained` is true then.
    """

    answer: str
    citations: list[Citation]
    abstained: bool
    degraded: list[str]
    conversation_id: str | None
    trace_id: str
    usage: TokenUsage
    timings_ms: dict[str, float]
    cached: Literal["exact", "semantic"] | None = None
    strategy: Strategy = Strategy.VANILLA
    queries: list[str] = []
    condensed_question: str | None = None
    conflicts: list[ConflictRead] = []
    explanation: list[Explanation] | None = None
    refusal: Refusal | None = None


class RunEvent(Shape):
    """One typed event of a run; `type` is one of the names in architecture.md.

    run.started {trace_id, conversation_id} · node.started {node} · question.condensed {question,
    asked, by} · cache.hit {kind, similarity, question} · question.widened {strategy, reason,
    queries} · passages.retrieved {hits, reranked} · token {text} · citation {…Citation} ·
    guard.flagged {stage, rule, action, score, message, document_id?, chunk_id?} · run.finished
    {…Answer} · error {…problem}
    """

    type: str
    data: dict[str, Any]

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """Make an event of what a node told: a flat dict with its `type`."""
        return cls(type=told["type"], data={k: v for k, v in told.items() if k != "type"})


class DocumentRead(Shape):
    """A document and the state of its newest version.

    `product` is the name that the tenant's other systems use. Search leaves it out when it is
    not `quotable` or `superseded_by` names the document that replaced it.
    """

    document_id: str
    source: str
    collection: str
    version: int
    status: DocumentStatus
    reason: str | None
    message: str | None
    title: str | None
    media_type: str | None
    language: str | None
    pages: int | None
    chunks: int
    bytes: int
    sha256: str
    created_at: datetime
    updated_at: datetime
    product: str | None = None
    is_public: bool = False
    quotable: bool = True
    superseded_by: str | None = None


class DocumentPage(Shape):
    """A page of a listing."""

    documents: list[DocumentRead]
    total: int


class IngestedDocument(Shape):
    """What became of one file; `reason` is a quarantine reason or null, `message` explains it."""

    source: str
    document_id: str | None
    version: int | None
    status: DocumentStatus
    reason: str | None = None
    message: str | None = None
    pages: int | None = None
    chunks: int = 0


class IngestReport(Shape):
    """What became of a batch of files."""

    documents: list[IngestedDocument]
    pages: int
    chunks: int
    seconds: float


class JobRead(Shape):
    """A job; `result` is its report once it has ended.

    `reason` is the slug of the trouble it had last. `next_attempt_at` is when it is tried
    again, `heartbeat_at` its last sign of life; one with `dead_at` has used all its attempts.
    """

    job_id: str
    kind: str
    collection: str | None
    status: JobStatus
    done: int
    total: int
    message: str | None
    result: dict[str, Any] | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    attempts: int = 0
    max_attempts: int = 0
    reason: str | None = None
    next_attempt_at: datetime | None = None
    heartbeat_at: datetime | None = None
    dead_at: datetime | None = None


class JobEvent(Shape):
    """A step of a job; `sequence` counts from 1 and resumes an event stream."""

    sequence: int
    type: str
    data: dict[str, Any]
    created_at: datetime


class CapabilityHealth(Shape):
    """One capability: its plugin, and how well it works."""

    plugin: str
    status: Status
    detail: str = ""
    model: str | None = None
    dimensions: int | None = None
    device: str | None = None


class HealthReport(Shape):
    """The whole service; `status` is the worst that matters."""

    status: Status
    version: str
    capabilities: dict[str, CapabilityHealth]


class KeyRead(Shape):
    """An API key without its secret; with the audience `public` it finds public documents only."""

    key_id: str
    name: str
    prefix: str
    role: str
    tenant_id: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    audience: str | None = None


class KeyCreated(KeyRead):
    """A new key; `secret` is shown once and never stored."""

    secret: str
