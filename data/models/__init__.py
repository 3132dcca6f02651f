"""The tables. Import models from here: it makes sure that all of them are known."""

from data.models.api_keys import ApiKey
from data.models.artifacts import ArtifactKind, FileArtifact, StorageClass
from data.models.base import Base, Owned
from data.models.budgets import Budget, BudgetAction, BudgetDay, BudgetReservation
from data.models.chunks import Chunk, Section
from data.models.collections import Collection, CollectionGeneration, DuplicatePolicy
from data.models.conversations import Conversation, Message
from data.models.datasources import Datasource
from data.models.documents import (
    Document,
    DocumentStatus,
    DocumentVersion,
    Review,
    VersionStatus,
)
from data.models.feedback import (
    CandidateState,
    GoldenCandidate,
    SearchEvent,
    Signal,
    SignalKind,
)
from data.models.guarding import GuardVerdict
from data.models.index_versions import IndexState, IndexVersion
from data.models.jobs import ENDED, Job, JobEvent, JobStatus
from data.models.ledger import AuditEvent, LlmCall
from data.models.likeness import DocumentLink, LinkKind, SignatureBand, VersionSignature
from data.models.provenance import (
    DocumentLicence,
    Exclusion,
    ExclusionKind,
    Licence,
    Product,
    Use,
    Vendor,
)
from data.models.schedules import Schedule
from data.models.sources import CrawlJob, ItemState, OnGone, Source, SourceItem
from data.models.sql_examples import ExampleState, SqlExample
from data.models.tenants import Tenant
from data.models.work_items import Stage, WorkItem, WorkStatus

__all__ = [
    "ENDED",
    "ApiKey",
    "ArtifactKind",
    "AuditEvent",
    "Base",
    "Budget",
    "BudgetAction",
    "BudgetDay",
    "BudgetReservation",
    "CandidateState",
    "Chunk",
    "Collection",
    "CollectionGeneration",
    "Conversation",
    "CrawlJob",
    "Datasource",
    "Document",
    "DocumentLicence",
    "DocumentLink",
    "DocumentStatus",
    "DocumentVersion",
    "DuplicatePolicy",
    "ExampleState",
    "Exclusion",
    "ExclusionKind",
    "FileArtifact",
    "GoldenCandidate",
    "GuardVerdict",
    "IndexState",
    "IndexVersion",
    "ItemState",
    "Job",
    "JobEvent",
    "JobStatus",
    "Licence",
    "LinkKind",
    "LlmCall",
    "Message",
    "OnGone",
    "Owned",
    "Product",
    "Review",
    "Schedule",
    "SearchEvent",
    "Section",
    "Signal",
    "SignalKind",
    "SignatureBand",
    "Source",
    "SourceItem",
    "SqlExample",
    "Stage",
    "StorageClass",
    "Tenant",
    "Use",
    "Vendor",
    "VersionSignature",
    "VersionStatus",
    "WorkItem",
    "WorkStatus",
]
