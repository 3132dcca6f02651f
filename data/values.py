"""What goes into the tables and comes out of the hot path, without the object mapper."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from providers.types import PageSpan

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
    media_type: str | None = None
    title: str | None = None
    language: str | None = None
    page_count: int | None = None
    text_key: str | None = None
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveChunk:
    """A chunk of the published version of a document that is not deleted."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIndex:
    """Where a collection's vectors are; `name` is None before anything was indexed."""

    collection_id: str
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLlmCall:
    """One call of a model: what was asked of which model, and what it cost.

    `latency_ms` is wall time in milliseconds, `cost_usd` in US dollars.
    """

    function: str
    model: str
    outcome: str
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
