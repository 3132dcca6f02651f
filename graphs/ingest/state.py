"""What goes through the ingest graph."""

from dataclasses import dataclass
from pathlib import Path

from typing_extensions import TypedDict

from data.models import DocumentStatus
from data.values import NewChunk
from providers.errors import QuarantineReason
from providers.protocols import Embedder, ObjectStore, Parser, SparseEncoder, VectorStore
from providers.types import IndexPoint, ParsedDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProviders:
    """What ingestion needs from outside.

    Without an embedder only words are searched, without a sparse encoder only meaning;
    without an object store the originals are not kept.
    """

    parser: Parser
    vector_store: VectorStore
    embedder: Embedder | None = None
    sparse_encoder: SparseEncoder | None = None
    object_store: ObjectStore | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestInput:
    """One file to be ingested.

    `source` is its name within the collection (a relative path or a name); the same source
    again is a new version. The content is either in `data` or in the file `data_path`.
    """

    source: str
    collection: str
    data: bytes | None = None
    data_path: Path | None = None
    media_type: str = ""
    job_id: str | None = None

    def __post_init__(self) -> None:
        if (self.data is None) == (self.data_path is None):
            raise ValueError("give either `data` or `data_path`")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOutcome:
    """What became of one file; `reason` is a quarantine reason, `message` is for people.

    `document_id` of a duplicate is that of the document that already has the content.
    """

    source: str
    status: DocumentStatus
    document_id: str | None = None
    version: int | None = None
    reason: str | None = None
    message: str | None = None
    pages: int | None = None
    chunks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a file cannot be used, found before it was parsed."""

    reason: QuarantineReason
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedChunk:
    """A chunk as it is stored, and the words that are indexed for it."""

    stored: NewChunk
    indexed_text: str


class IngestRequest(TypedDict):
    """What starts a run."""

    input: IngestInput


class IngestState(TypedDict, total=False):
    """What the nodes know so far; a run ends as soon as there is an `outcome`."""

    input: IngestInput
    data: bytes
    size: int
    sha256: str
    problem: Problem | None
    collection_id: str
    document_id: str
    version_id: str
    version: int
    object_key: str | None
    document: ParsedDocument
    text_key: str | None
    title: str
    chunks: list[PreparedChunk]
    points: list[IndexPoint]
    outcome: IngestOutcome


class IngestResult(TypedDict):
    """What a run leaves."""

    outcome: IngestOutcome
