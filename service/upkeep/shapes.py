"""What upkeep says: shapes for the API and the command line."""

from datetime import datetime
from typing import Any

from pydantic import Field

from service.schemas import CollectionName, Request, Shape


class DeletedDocument(Shape):
    """A document that can be restored until `purge_after`."""

    document_id: str
    source: str
    collection: str
    version: int
    deleted_at: datetime
    purge_after: datetime | None


class DeletedPage(Shape):
    """A page of deleted documents, last deleted first."""

    documents: list[DeletedDocument]
    total: int


class IndexRead(Shape):
    """A vector index of a collection; `checks` is the report of its building."""

    name: str
    collection: str
    state: str
    live: bool
    vectors: int
    embedder: str | None
    sparse_encoder: str | None
    parser: str | None
    chunker: str | None
    checks: dict[str, Any] | None
    message: str | None
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


class GoldenQuestion(Request):
    """A question and the sources that answer it."""

    question: str = Field(min_length=1, max_length=4000)
    sources: list[str] = Field(min_length=1, max_length=50)


class ReindexRequest(Request):
    """Build an index anew, or go back to the one that was live before."""

    rollback: bool = False
    golden: list[GoldenQuestion] = Field(default_factory=list, max_length=2000)


class ReconcileRequest(Request):
    """Compare the stores; `repair` also mends what differs."""

    repair: bool = False
    collection: CollectionName | None = None


class AuditRead(Shape):
    """Something that somebody did."""

    id: str
    created_at: datetime
    subject: str
    action: str
    target: str | None
    document_id: str | None
    trace_id: str | None
    detail: dict[str, Any]


class AuditPage(Shape):
    """A page of the audit trail, newest first."""

    events: list[AuditRead]
    total: int


class AuditExport(Shape):
    """Where a part of the audit trail was written as JSON lines."""

    object_key: str
    events: int


class IndexCheck(Shape):
    """How an index differs from its collection.

    `orphans` are vectors without a chunk in use, `missing` chunks of the live index without
    a vector; both with a few examples.
    """

    collection: str
    index: str
    live: bool
    vectors: int
    chunks: int
    orphans: int = 0
    missing: int = 0
    in_work: int = 0
    removed: int = 0
    made_again: int = 0
    examples: list[str] = Field(default_factory=list)


class ObjectCheck(Shape):
    """How the object store differs from its rows.

    `unknown` have no row, `gone` have a row and no bytes, `left_over` are derived from
    versions that are no longer in use, `lost` are originals that cannot be made again.
    """

    objects: int = 0
    rows: int = 0
    unknown: int = 0
    gone: int = 0
    left_over: int = 0
    lost: int = 0
    adopted: int = 0
    removed: int = 0
    examples: list[str] = Field(default_factory=list)


class ReconcileReport(Shape):
    """What a reconcile found, and mended when it was asked to."""

    clean: bool
    repaired: bool
    indexes: list[IndexCheck]
    objects: ObjectCheck
    unreferenced: list[str] = Field(default_factory=list)
    seconds: float = 0.0


class LifecycleReport(Shape):
    """What the lifecycle moved and removed."""

    cooled: int = 0
    derived_removed: int = 0
    indexes_dropped: int = 0
    failed: int = 0


class PurgeReport(Shape):
    """How many deleted documents went for good, and how many could not."""

    purged: int = 0
    failed: int = 0
