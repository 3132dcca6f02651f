"""Values that cross the border between the service and its providers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
"""One embedding, shape (dimensions,)."""
Matrix = NDArray[np.float32]
"""Several embeddings, shape (texts, dimensions)."""


class TextKind(StrEnum):
    """Whether a text asks or answers; some encoders treat the two differently."""

    QUERY = "query"
    PASSAGE = "passage"


class Status(StrEnum):
    """How well a capability works right now."""

    READY = "ready"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What a provider says of itself."""

    status: Status
    plugin: str = ""
    detail: str = ""
    model: str | None = None
    dimensions: int | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Term weights: `indices` (uint32, distinct) and `values` (float32), of one length."""

    indices: NDArray[np.uint32]
    values: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSpec:
    """What a vector index holds; `dimensions` is None when dense vectors are off.

    `idf` says whether the store weighs a query's terms by how rare they are in the index.
    """

    dimensions: int | None
    sparse: bool = True
    idf: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPoint:
    """One chunk as a vector store keeps it; `id` is a UUID string."""

    id: str
    document_id: str
    dense: Vector | None
    sparse: SparseVector | None
    payload: Mapping[str, str | int] = field(default_factory=dict)


class ScoredPoint(NamedTuple):
    """A hit of one branch (dense or sparse) of a search, best first in its list.

    A tuple, because each search makes some two hundred.
    """

    id: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorQuery:
    """What to look for: either branch may be absent.

    `where` keeps points whose payload value of each key is one of the given values.
    """

    dense: Vector | None = None
    sparse: SparseVector | None = None
    limit: int = 100
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """The two ranked lists of a search, not yet fused (fusion is the query graph's)."""

    dense: tuple[ScoredPoint, ...] = ()
    sparse: tuple[ScoredPoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSpan:
    """Characters [start, end) of a text that stand on physical page `number` (from 1)."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading of a document: `level` from 1, `start` is its offset in the text."""

    level: int
    title: str
    start: int
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Characters [start, end) of a text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedDocument:
    """A document as a parser leaves it.

    `text` is the whole normalised text (NFC, LF line ends); `pages`, `headings` and
    `tables` point into it, in order. `pages` is empty for formats without pages. `controls`
    counts the control characters that were no part of the text and were removed.
    """

    text: str
    media_type: str
    parser: str
    pages: tuple[PageSpan, ...] = ()
    headings: tuple[Heading, ...] = ()
    tables: tuple[Span, ...] = ()
    title: str | None = None
    language: str | None = None
    page_count: int | None = None
    controls: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectInfo:
    """What an object store knows of one object; `size` in bytes, `modified` aware."""

    key: str
    size: int
    modified: datetime
    metadata: Mapping[str, str] = field(default_factory=dict)


class ChatRole(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """One turn of a conversation."""

    role: ChatRole
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundingPassage:
    """A passage that an answer may cite as `[marker]`; markers count from 1."""

    marker: int
    text: str
    score: float
    title: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDefinition:
    """A function that a chat model may ask for; `parameters` is a JSON schema."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A function that a chat model asks for; `arguments` is JSON as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRef:
    """Which released prompt a call was made with."""

    name: str
    version: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A call of a chat model.

    A hosted model reads `messages` (which already hold the passages as text); a model
    that answers from evidence alone reads `question` and `passages`. `output_schema` is a JSON
    schema that the whole reply must satisfy. `temperature` None leaves it to the model.
    """

    messages: tuple[ChatMessage, ...]
    question: str = ""
    passages: tuple[GroundingPassage, ...] = ()
    max_output_tokens: int = 1024
    temperature: float | None = None
    output_schema: Mapping[str, Any] | None = None
    tools: tuple[ToolDefinition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call cost; tokens are the model's own count, or estimated words for `extractive`.

    `priced` is False when nobody knows the price of the model: `cost_usd` is 0 then.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    cached_tokens: int = 0
    priced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenPrices:
    """What a model costs, in US dollars for a million tokens.

    `cached_input` is the price of what the provider had read before, that of `input` if None.
    """

    input: float = 0.0
    output: float = 0.0
    cached_input: float | None = None

    def cost(self, *, read: int, written: int, cached: int = 0) -> float:
        """Return the price in US dollars of tokens read (cached ones included) and written."""
        again = self.input if self.cached_input is None else self.cached_input
        fresh = max(0, read - cached)
        return (fresh * self.input + cached * again + written * self.output) / 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatDelta:
    """A piece of a streamed answer; the last one carries `usage` and the tools asked for.

    `model` is set where one of several models may have written it. `ended` may come before the
    last one: the text is whole, and only its cost is still being written down.
    """

    text: str = ""
    usage: Usage | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    model: str = ""
    ended: bool = False


class GuardStage(StrEnum):
    """Where in a run a text is looked at."""

    QUESTION = "question"
    PASSAGE = "passage"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a guardrail found in a text: `text[start:end]` breaks `rule`, with a score 0..1.

    One that `calms` says the opposite: what other guardrails found in that span, of the same
    family, counts less by the share `score`.
    """

    rule: str
    score: float
    start: int
    end: int
    message: str
    calms: bool = False
