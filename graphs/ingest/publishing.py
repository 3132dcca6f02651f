"""The last nodes: write the vectors, then let search find the version."""

from dataclasses import dataclass

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.models import DocumentStatus, VersionStatus
from data.values import NewSection, ParsedVersion
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.naming import vectors_made_by
from graphs.ingest.preparing import index_of
from graphs.ingest.receiving import duplicate_of
from graphs.ingest.sections import placed_headings
from graphs.ingest.state import IngestOutcome, IngestProviders, IngestState, PreparedChunk
from providers.errors import ProviderError
from providers.principal import Principal
from providers.types import IndexSpec, ParsedDocument

log = structlog.get_logger(__name__)


async def index(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> IngestState:
    """Write the new vectors; nobody finds them before the version is published."""
    runtime.stream_writer(events.stage(state["input"].source, "index"))
    name = index_of(state, providers)
    spec = IndexSpec(
        dimensions=providers.embedder.dimensions if providers.embedder else None,
        sparse=providers.sparse_encoder is not None,
    )
    await providers.vector_store.ensure(name, spec)
    tenant_id = principal_of(config).tenant_id
    await providers.vector_store.upsert(name, tenant_id, await artifacts.points(state))
    return {}


async def publish(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> IngestState:
    """Let search find the version in one step, then remove the vectors nobody needs."""
    principal = principal_of(config)
    runtime.stream_writer(events.stage(state["input"].source, "publish"))
    content = _Content(await artifacts.document(state), await artifacts.chunks(state))
    async with database.begin(principal) as transaction:
        before = set(await transaction.chunks.ids_of_document(state["document_id"]))
        outcome = await _published(transaction, state, content, providers, artifacts)
        unused = set(await transaction.chunks.superseded_ids(state["document_id"]))
        in_use = set(await transaction.chunks.ids_of_document(state["document_id"])) - unused
    written = {point.id for point in await artifacts.points(state)}
    await remove_vectors(state, principal, providers, (before | written) - in_use)
    await _prune(state, principal, database)
    artifacts.forget(state)
    return {"outcome": outcome}


@dataclass(frozen=True, slots=True)
class _Content:
    """What is published."""

    document: ParsedDocument
    chunks: list[PreparedChunk]


async def _published(
    transaction: Transaction,
    state: IngestState,
    content: _Content,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> IngestOutcome:
    documents, version_id = transaction.documents, state["version_id"]
    # Equal contents of two workers are published one after the other.
    await transaction.collections.lock(state["collection_id"])
    twin = await documents.by_sha256(state["collection_id"], state["sha256"])
    if (
        twin is not None
        and twin.id != state["document_id"]
        and await documents.published(state["document_id"]) is None
    ):  # the same content was published under another name while this run was at work
        await documents.soft_delete(state["document_id"])
        return duplicate_of(state["input"], twin)
    described = _described(state, content.document, providers, artifacts)
    await documents.describe(version_id, described)
    stored = [each.stored for each in content.chunks]
    await transaction.chunks.replace(state["document_id"], version_id, stored)
    await transaction.sections.replace(version_id, _sections(content.document))
    version = await documents.publish(version_id)
    await _switch_index(transaction, state, providers)
    late = version.status is VersionStatus.SUPERSEDED
    return IngestOutcome(
        source=state["input"].source,
        status=DocumentStatus.INDEXED,
        document_id=state["document_id"],
        version=version.number,
        message="A newer version was published meanwhile and stays in use." if late else None,
        pages=content.document.page_count,
        chunks=len(stored),
    )


async def _prune(state: IngestState, principal: Principal, database: Database) -> None:
    """Remove rows that search no longer shows; the next publishing does it if this fails."""
    try:
        async with database.begin(principal) as transaction:
            await transaction.chunks.prune(state["document_id"])
    except DatabaseError as error:
        log.warning("chunks_left_behind", document_id=state["document_id"], error=str(error))


def _described(
    state: IngestState, document: ParsedDocument, providers: IngestProviders, artifacts: Artifacts
) -> ParsedVersion:
    return ParsedVersion(
        parser=providers.parser.version,
        media_type=document.media_type,
        title=state["title"],
        language=document.language,
        page_count=document.page_count,
        text_key=state["text_key"] if artifacts.keeps else None,
        text_sha256=state.get("text_sha256"),
    )


def _sections(document: ParsedDocument) -> list[NewSection]:
    return [
        NewSection(
            level=placed.heading.level,
            title=placed.heading.title,
            path=placed.path,
            start=placed.heading.start,
            page=placed.heading.page,
        )
        for placed in placed_headings(document.headings)
    ]


async def _switch_index(
    transaction: Transaction, state: IngestState, providers: IngestProviders
) -> None:
    """Make the index of these encoders live once it holds all that is published."""
    name = index_of(state, providers)
    collection = await transaction.collections.by_id(state["collection_id"])
    if collection is None or collection.live_index == name:
        return
    made_by = vectors_made_by(providers)
    left = await transaction.chunks.made_by_others(state["collection_id"], made_by)
    if collection.live_index is not None and left:
        return
    await transaction.collections.set_live_index(
        collection.id,
        name,
        providers.embedder.fingerprint if providers.embedder else None,
        providers.sparse_encoder.fingerprint if providers.sparse_encoder else None,
    )


async def remove_vectors(
    state: IngestState, principal: Principal, providers: IngestProviders, ids: set[str]
) -> None:
    """Remove vectors that belong to no chunk; what cannot be removed now is never shown."""
    if not ids:
        return
    name = index_of(state, providers)
    try:
        await providers.vector_store.delete(name, principal.tenant_id, sorted(ids))
    except ProviderError as error:  # search never shows them; a reconcile removes them later
        log.warning("vectors_left_behind", index=name, count=len(ids), error=str(error))
