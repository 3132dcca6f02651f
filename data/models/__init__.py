"""The tables. Import models from here: it makes sure that all of them are known."""

from data.models.api_keys import ApiKey
from data.models.base import Base, Owned
from data.models.chunks import Chunk, Section
from data.models.collections import Collection
from data.models.conversations import Conversation, Message
from data.models.documents import Document, DocumentStatus, DocumentVersion, VersionStatus
from data.models.jobs import ENDED, Job, JobEvent, JobStatus
from data.models.ledger import AuditEvent, LlmCall
from data.models.tenants import Tenant

__all__ = [
    "ENDED",
    "ApiKey",
    "AuditEvent",
    "Base",
    "Chunk",
    "Collection",
    "Conversation",
    "Document",
    "DocumentStatus",
    "DocumentVersion",
    "Job",
    "JobEvent",
    "JobStatus",
    "LlmCall",
    "Message",
    "Owned",
    "Section",
    "Tenant",
    "VersionStatus",
]
