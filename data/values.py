"""What goes into the tables and comes out of the hot path, without the object mapper."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from data.columns import now
from data.models import ArtifactKind, LinkKind
from providers.types import ChatMessage, PageSpan

_NAMESPACE = uuid.UUID("6f3c0f2e-5d0b-5b0e-9a64-0c1ce20e0001")
"""Fixed for ever: changing it would give every document a new id."""


def document_id(tenant_id: str, collection_id: str, source: str) -> str:
    """Return the id of a document: the same tenant, collection and source give the same id."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join((tenant_id, collection_id, source))))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """The bytes of a document as they arrived; `bytes` is their number."""

    sha256: str
    bytes: int
    media_type: str | None = None
    object_key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedVersion:
    """What parsing found out about a version; None leaves a field as it is."""

    parser: str | None = None
    chunker: str | None = None
    media_type: str | None = None
    title: str | None = None
    language: str | None = None
    page_count: int | None = None
    text_key: str | None = None
    stated_version: str | None = None
    stated_date: datetime | None = None
    text_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSection:
    """A heading of a document; `start` is its offset in the normalised text."""

    level: int
    title: str
    path: tuple[str, ...]
    start: int
    page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChunk:
    """A chunk to be stored; `id` is a UUID string and is also the id of its vector.

    Offsets are characters [start, end) of the document's normalised text; those of
    `page_spans` count within the chunk. Pages are physical, from 1.
    """

    id: str
    ordinal: int
    text: str
    char_start: int
    char_end: int
    token_count: int
    heading_path: tuple[str, ...] = ()
    page_start: int | None = None
    page_end: int | None = None
    page_spans: tuple[PageSpan, ...] = ()
    kind: str = "text"
    language: str | None = None
    parser: str = ""
    chunker: str = ""
    embedder: str | None = None


class LiveChunk(NamedTuple):
    """A chunk of the published version of a document that is not deleted.

    `live_index` is the vector index that answers for the chunk's collection. A tuple, because
    each search makes a dozen, and such a one is made in a fifth of the time.
    """

    chunk_id: str
    document_id: str
    version: int
    source: str
    title: str | None
    collection_id: str
    language: str | None
    text: str
    page_start: int | None
    page_end: int | None
    heading_path: tuple[str, ...]
    char_start: int
    char_end: int
    page_spans: tuple[PageSpan, ...]
    token_count: int
    kind: str
    attribution: str | None
    live_index: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSignature:
    """What is kept of a text to find others that resemble it (MinHash).

    `hashes` holds the minima as little-endian unsigned 32-bit integers, `shingles` is the
    number of distinct shingles, `bands` one hash for each band of the minima.
    """

    method: str
    shingles: int
    hashes: bytes
    bands: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a document says of itself; `version` is a number with dots or a letter."""

    version: str | None = None
    date: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A published document that may resemble another one."""

    document_id: str
    source: str
    version: int
    product_id: str | None
    stated: Stated
    arrived_at: datetime
    signature: TextSignature


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """Two documents that resemble each other; numbers lie between 0 and 1.

    `replaces` tells whether the newer one may answer instead of the older one.
    """

    newer_id: str
    older_id: str
    kind: LinkKind
    jaccard: float
    containment: float
    replaces: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIndex:
    """Where a collection's vectors are; `name` is None before anything was indexed.

    `embedder` and `sparse_encoder` are the fingerprints of what made them.
    """

    collection_id: str
    name: str | None
    embedder: str | None = None
    sparse_encoder: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionState:
    """What the answers about a collection hang on.

    `generation` is another one after each change of what is found: a version that is
    published, a document that is deleted, restored, replaced or whose terms change, another
    live index.
    """

    collection_id: str
    live_index: str | None
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Earlier turns of a conversation, oldest first; `summary` is of those before them."""

    summary: str | None = None
    messages: tuple[ChatMessage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFilter:
    """Which conversations are wanted; None takes all, `text` stands in a title or a message."""

    text: str | None = None
    subject: str | None = None
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIndex:
    """An index to be built; `recipe` holds plugins and options, without secrets.

    `parser` and `chunker` are None when it takes the chunks as they are.
    """

    name: str
    embedder: str | None
    sparse_encoder: str | None
    parser: str | None = None
    chunker: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArtifact:
    """An object that is about to be written, and where its bytes came from."""

    object_key: str
    kind: ArtifactKind
    sha256: str
    bytes: int
    version_id: str | None = None
    source_id: str | None = None
    source_uri: str | None = None
    licence: str | None = None
    crawl_rules: str | None = None
    media_type: str | None = None
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLlmCall:
    """One call of a model: what was asked of which model, and what it cost.

    `latency_ms` is wall time in milliseconds, `first_token_ms` the part of it before the first
    piece of text; `cost_usd` in US dollars.
    """

    function: str
    model: str
    outcome: str
    deployment: str | None = None
    first_token_ms: float | None = None
    prompt_name: str | None = None
    prompt_version: str | None = None
    prompt_hash: str | None = None
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cost_usd: float = 0.0
    latency_ms: float = 0.0
    trace_id: str | None = None
    error: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVerdict:
    """One decision of a guard; `score` lies in 0..1. The text itself is not kept."""

    stage: str
    rule: str
    action: str
    score: float
    message: str
    collection: str | None = None
    document_id: str | None = None
    chunk_id: str | None = None
    trace_id: str | None = None
    conversation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictFilter:
    """Which verdicts are wanted; None does not ask. `rule` also matches as a family."""

    stage: str | None = None
    rule: str | None = None
    action: str | None = None
    trace_id: str | None = None
    conversation_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSearchEvent:
    """A question or search; `hits` counts passages, `cited` are source and page of citations."""

    trace_id: str
    subject: str
    kind: str
    collection: str
    query: str
    hits: int
    abstained: bool = False
    answer: str | None = None
    conversation_id: str | None = None
    cited: list[dict[str, Any]] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSignal:
    """Feedback on a trace; `rank` is the place of what was clicked, from 1."""

    trace_id: str
    kind: str
    comment: str | None = None
    correction: str | None = None
    document_id: str | None = None
    chunk_id: str | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCandidate:
    """A question that could be asked in every evaluation from now on."""

    fingerprint: str
    collection: str
    question: str
    answerable: bool
    why: str
    answer: str | None = None
    document: str | None = None
    page: int | None = None
    trace_id: str | None = None


def current_trace() -> str | None:
    """Return the trace id that the service bound into the logs, if any."""
    found = structlog.contextvars.get_contextvars().get("trace_id")
    return found if isinstance(found, str) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAuditEvent:
    """Something that somebody did; `target` is the id of what it was done to."""

    subject: str
    action: str
    target: str | None = None
    document_id: str | None = None
    trace_id: str | None = field(default_factory=current_trace)
    detail: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which part of the audit trail is wanted; None takes all. `until` is exclusive."""

    action: str | None = None
    document_id: str | None = None
    subject: str | None = None
    trace_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
