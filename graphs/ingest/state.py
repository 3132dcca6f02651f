"""What goes through the ingest graph: small values and keys, so that a checkpoint is small."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from data.models import DocumentStatus
from data.values import NewChunk, Stated, TextSignature
from graphs.encoders import Encoders, EncoderSource
from providers.errors import QuarantineReason
from providers.protocols import Embedder, ObjectStore, Parser, SparseEncoder, VectorStore


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProviders:
    """What ingestion needs from outside.

    Without an embedder only words are searched, without a sparse encoder only meaning;
    without an object store the originals are not kept. `recipe` says what the two encoders
    can be built from again, and `encoders` builds those of an index that is older than the
    settings.
    """

    parser: Parser
    vector_store: VectorStore
    embedder: Embedder | None = None
    sparse_encoder: SparseEncoder | None = None
    object_store: ObjectStore | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    encoders: EncoderSource | None = None

    @property
    def configured(self) -> Encoders:
        """The encoders that the settings name."""
        return Encoders(
            embedder=self.embedder, sparse_encoder=self.sparse_encoder, recipe=self.recipe
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a file comes from and what may be done with it, as its source said.

    `licence` and `vendor` are names, `product` is a stock-keeping unit, `crawl_rules` the
    version of the rules under which the file was fetched.
    """

    source_id: str | None = None
    uri: str | None = None
    licence: str | None = None
    crawl_rules: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    vendor: str | None = None
    product: str | None = None
    is_public: bool = False
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestInput:
    """One file to be ingested.

    `source` is its name within the collection (a relative path or a name); the same source
    again is a new version. The content is in `data`, in the file `data_path`, or in the
    object store under `object_key`. A document that was deleted after `began_at` stays so.
    """

    source: str
    collection: str
    data: bytes | None = None
    data_path: Path | None = None
    object_key: str | None = None
    media_type: str = ""
    job_id: str | None = None
    began_at: datetime | None = None
    provenance: Provenance | None = None

    def __post_init__(self) -> None:
        contents = (self.data, self.data_path, self.object_key)
        if sum(content is not None for content in contents) != 1:
            raise ValueError("give either `data` or `data_path` or `object_key`")


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestOutcome:
    """What became of one file; `reason` is a quarantine reason, `message` is for people.

    `document_id` of a duplicate is that of the document that already has the content.
    `may_pass`: it failed for a reason that may pass, so that trying again may help.
    """

    source: str
    status: DocumentStatus
    document_id: str | None = None
    version: int | None = None
    reason: str | None = None
    message: str | None = None
    pages: int | None = None
    chunks: int = 0
    may_pass: bool = False


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
    """What the nodes know so far; a run ends as soon as there is an `outcome`.

    Contents are not here but in artifacts, under the keys that end in `_key`. `vectors_key`
    is that of the vectors for the index `index`, `beside` has those for other indexes.
    """

    input: IngestInput
    size: int
    sha256: str
    problem: Problem | None
    collection_id: str
    document_id: str
    version_id: str
    version: int
    raw_key: str
    text_key: str
    parsed_key: str
    chunks_key: str
    index: str
    vectors_key: str
    beside: dict[str, str]
    began_at: datetime
    title: str
    language: str | None
    released: bool
    signature: TextSignature
    stated: Stated
    text_sha256: str
    outcome: IngestOutcome


class IngestResult(TypedDict):
    """What a run leaves."""

    outcome: IngestOutcome


def described(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a span says of a state: which file it is, and what became of it."""
    given, outcome = state.get("input"), state.get("outcome")
    said: dict[str, Any] = {"input_size": state.get("size")}
    if isinstance(given, IngestInput):
        said |= {"input": given.source, "collection": given.collection}
    if isinstance(outcome, IngestOutcome):
        said |= {
            "outcome": outcome.status.value,
            "reason": outcome.reason,
            "document_id": outcome.document_id,
            "chunks": outcome.chunks,
        }
    return said


CHECKPOINTED = (
    DocumentStatus,
    IngestInput,
    IngestOutcome,
    Problem,
    Provenance,
    QuarantineReason,
    Stated,
    TextSignature,
)
"""The types that checkpoints hold; a checkpoint with any other one is not read."""
