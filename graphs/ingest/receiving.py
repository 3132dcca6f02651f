"""The first nodes: read the file, see whether it is new, keep the original."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database, Transaction
from data.models import Collection, Document, DocumentStatus, DocumentVersion
from data.values import NewVersion, document_id
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.chunking import chunker_version
from graphs.ingest.naming import index_name, raw_key, vectors_made_by
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestInput, IngestOutcome, IngestProviders, IngestState, Problem
from providers.errors import QuarantineReason
from providers.protocols import ObjectStore

MEBIBYTE = 1 << 20


async def fetch(
    state: IngestState, config: RunnableConfig, runtime: Runtime, *, settings: IngestSettings
) -> IngestState:
    """Read the file and its hash; a file that is too large is hashed but not kept in memory."""
    principal_of(config)
    given = state["input"]
    runtime.stream_writer(events.stage(given.source, "fetch"))
    limit = settings.max_file_mb * MEBIBYTE
    size, sha256, data = await anyio.to_thread.run_sync(_read, given, limit)
    return {"size": size, "sha256": sha256, "data": data, "problem": _problem(size, settings)}


def _read(given: IngestInput, limit: int) -> tuple[int, str, bytes]:
    if given.data is not None:
        return len(given.data), hashlib.sha256(given.data).hexdigest(), given.data
    path = given.data_path or Path()
    size = path.stat().st_size
    if size > limit:
        with path.open("rb") as file:
            return size, hashlib.file_digest(file, "sha256").hexdigest(), b""
    data = path.read_bytes()
    return len(data), hashlib.sha256(data).hexdigest(), data


def _problem(size: int, settings: IngestSettings) -> Problem | None:
    if size == 0:
        return Problem(reason=QuarantineReason.EMPTY, message="The file is empty.")
    if size > settings.max_file_mb * MEBIBYTE:
        return Problem(
            reason=QuarantineReason.TOO_LARGE,
            message=f"The file has {size / MEBIBYTE:.0f} MiB; at most {settings.max_file_mb} MiB "
            "are allowed (ingest.max_file_mb).",
        )
    return None


async def validate(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    settings: IngestSettings,
) -> IngestState:
    """Find out whether the content is new; register it, or end the run with an outcome."""
    principal = principal_of(config)
    given = state["input"]
    runtime.stream_writer(events.stage(given.source, "validate"))
    async with database.begin(principal) as transaction:
        collection = await transaction.collections.ensure(given.collection)
        id = document_id(principal.tenant_id, collection.id, given.source)
        published = await transaction.documents.published(id)
        if (
            published is not None
            and published.sha256 == state["sha256"]
            and await _is_current(transaction, collection, published, providers, settings)
        ):
            return {"outcome": await _unchanged(transaction, given, published)}
        if published is None:
            other = await transaction.documents.by_sha256(collection.id, state["sha256"])
            if other is not None and other.id != id:
                return {"outcome": duplicate_of(given, other)}
        return await _registered(transaction, state, collection, providers, principal.tenant_id)


async def _is_current(
    transaction: Transaction,
    collection: Collection,
    published: DocumentVersion,
    providers: IngestProviders,
    settings: IngestSettings,
) -> bool:
    """Tell whether this parser, chunker and these encoders made what is published."""
    if collection.live_index != index_name(collection.id, providers):
        return False
    chunks = await transaction.chunks.of_version(published.id)
    wanted = (providers.parser.version, chunker_version(settings.chunk), vectors_made_by(providers))
    return all((chunk.parser, chunk.chunker, chunk.embedder) == wanted for chunk in chunks)


async def _unchanged(
    transaction: Transaction, given: IngestInput, published: DocumentVersion
) -> IngestOutcome:
    """Make the published version the newest again, in case a later one had been refused."""
    new = NewVersion(sha256=published.sha256, bytes=published.bytes)
    await transaction.documents.add_version(published.document_id, new)
    return IngestOutcome(
        source=given.source,
        status=DocumentStatus.UNCHANGED,
        document_id=published.document_id,
        version=published.number,
        pages=published.page_count,
        chunks=published.chunk_count,
    )


def duplicate_of(given: IngestInput, other: Document) -> IngestOutcome:
    """Return the outcome of a file whose content another document already has."""
    return IngestOutcome(
        source=given.source,
        status=DocumentStatus.DUPLICATE,
        document_id=other.id,
        version=other.current_version,
        message=f"The content is the same as that of {other.source!r}; it was not added twice.",
    )


async def _registered(
    transaction: Transaction,
    state: IngestState,
    collection: Collection,
    providers: IngestProviders,
    tenant_id: str,
) -> IngestState:
    given, problem = state["input"], state.get("problem")
    keeps = providers.object_store is not None and problem is None
    key = raw_key(tenant_id, state["sha256"]) if keeps else None
    document = await transaction.documents.ensure(collection.id, given.source)
    version = await transaction.documents.add_version(
        document.id,
        NewVersion(
            sha256=state["sha256"],
            bytes=state["size"],
            media_type=given.media_type or None,
            object_key=key,
        ),
    )
    registered: IngestState = {
        "collection_id": collection.id,
        "document_id": document.id,
        "version_id": version.id,
        "version": version.number,
        "object_key": key,
    }
    if problem is not None:
        await transaction.documents.quarantine(version.id, problem.reason, problem.message)
        registered["outcome"] = IngestOutcome(
            source=given.source,
            status=DocumentStatus.QUARANTINED,
            document_id=document.id,
            version=version.number,
            reason=problem.reason.value,
            message=problem.message,
        )
    return registered


async def store_raw(
    state: IngestState,
    runtime: Runtime,
    *,
    object_store: ObjectStore | None,
) -> IngestState:
    """Keep the original bytes, under their hash."""
    given, key = state["input"], state.get("object_key")
    if object_store is None or key is None:
        return {}
    runtime.stream_writer(events.stage(given.source, "store_raw"))
    metadata = {
        "source": given.source.encode("ascii", "backslashreplace").decode(),
        "sha256": state["sha256"],
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    await object_store.put(key, state["data"], metadata=metadata)
    return {}
