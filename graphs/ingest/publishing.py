"""The last nodes: write the vectors, then let search find the version; or set it aside."""

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.errors import NodeError
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.models import DocumentStatus, VersionStatus
from data.values import NewSection, ParsedVersion
from graphs.errors import MissingPrincipalError
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.naming import vectors_made_by
from graphs.ingest.preparing import index_of
from graphs.ingest.receiving import duplicate_of
from graphs.ingest.sections import placed_headings
from graphs.ingest.state import IngestOutcome, IngestProviders, IngestState
from providers.errors import ProviderError, UnreadableDocumentError
from providers.principal import Principal
from providers.types import IndexSpec, ParsedDocument

log = structlog.get_logger(__name__)


async def index(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    providers: IngestProviders,
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
    await providers.vector_store.upsert(name, tenant_id, state["points"])
    return {}


async def publish(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
) -> IngestState:
    """Let search find the version in one step, then remove the vectors nobody needs."""
    principal = principal_of(config)
    runtime.stream_writer(events.stage(state["input"].source, "publish"))
    async with database.begin(principal) as transaction:
        before = set(await transaction.chunks.ids_of_document(state["document_id"]))
        outcome = await _published(transaction, state, providers)
        unused = set(await transaction.chunks.superseded_ids(state["document_id"]))
        in_use = set(await transaction.chunks.ids_of_document(state["document_id"])) - unused
    written = {point.id for point in state["points"]}
    await _remove_vectors(state, principal, providers, (before | written) - in_use)
    async with database.begin(principal) as transaction:
        await transaction.chunks.prune(state["document_id"])
    return {"outcome": outcome}


async def _published(
    transaction: Transaction, state: IngestState, providers: IngestProviders
) -> IngestOutcome:
    documents, version_id = transaction.documents, state["version_id"]
    twin = await documents.by_sha256(state["collection_id"], state["sha256"])
    if (
        twin is not None
        and twin.id != state["document_id"]
        and await documents.published(state["document_id"]) is None
    ):  # the same content was published under another name while this run was at work
        await documents.soft_delete(state["document_id"])
        return duplicate_of(state["input"], twin)
    await documents.describe(version_id, _described(state, providers))
    stored = [each.stored for each in state["chunks"]]
    await transaction.chunks.replace(state["document_id"], version_id, stored)
    await transaction.sections.replace(version_id, _sections(state["document"]))
    version = await documents.publish(version_id)
    await _switch_index(transaction, state, providers)
    late = version.status is VersionStatus.SUPERSEDED
    return IngestOutcome(
        source=state["input"].source,
        status=DocumentStatus.INDEXED,
        document_id=state["document_id"],
        version=version.number,
        message="A newer version was published meanwhile and stays in use." if late else None,
        pages=state["document"].page_count,
        chunks=len(stored),
    )


def _described(state: IngestState, providers: IngestProviders) -> ParsedVersion:
    document = state["document"]
    return ParsedVersion(
        parser=providers.parser.version,
        media_type=document.media_type,
        title=state["title"],
        language=document.language,
        page_count=document.page_count,
        text_key=state.get("text_key"),
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


async def _remove_vectors(
    state: IngestState, principal: Principal, providers: IngestProviders, ids: set[str]
) -> None:
    if not ids:
        return
    name = index_of(state, providers)
    try:
        await providers.vector_store.delete(name, principal.tenant_id, sorted(ids))
    except ProviderError as error:  # search never shows them; a reconcile removes them later
        log.warning("vectors_left_behind", index=name, count=len(ids), error=str(error))


async def reject(
    state: IngestState,
    error: NodeError,
    config: RunnableConfig,
    *,
    database: Database,
    providers: IngestProviders,
) -> Command[str]:
    """Turn what went wrong in a node into the document's outcome and end the run.

    An earlier version that search finds stays findable.
    """
    cause = error.error
    if isinstance(cause, MissingPrincipalError) or not isinstance(cause, Exception):
        raise cause
    outcome = _outcome_of(state, cause)
    if not isinstance(cause, UnreadableDocumentError | ProviderError | DatabaseError | OSError):
        log.error("ingest_failed", source=outcome.source, node=error.node, exc_info=cause)
    principal = principal_of(config)
    if state.get("points"):
        ids = {point.id for point in state["points"]}
        await _remove_vectors(state, principal, providers, ids)
    await _record(state, principal, database, outcome)
    return Command(goto=END, update={"outcome": outcome})


def _outcome_of(state: IngestState, cause: Exception) -> IngestOutcome:
    status, reason, message = DocumentStatus.FAILED, None, str(cause)
    if isinstance(cause, UnreadableDocumentError):
        status, reason = DocumentStatus.QUARANTINED, cause.reason.value
    elif isinstance(cause, OSError):
        message = f"The file could not be read: {cause.strerror or type(cause).__name__}."
    elif not isinstance(cause, ProviderError | DatabaseError):
        message = (
            f"The file could not be ingested because of a fault in the service "
            f"({type(cause).__name__}); its log says more."
        )
    return IngestOutcome(
        source=state["input"].source,
        status=status,
        document_id=state.get("document_id"),
        version=state.get("version"),
        reason=reason,
        message=message,
    )


async def _record(
    state: IngestState, principal: Principal, database: Database, outcome: IngestOutcome
) -> None:
    version_id = state.get("version_id")
    if version_id is None:
        return
    message = outcome.message or ""
    try:
        async with database.begin(principal) as transaction:
            if outcome.reason is None:
                await transaction.documents.fail(version_id, message)
            else:
                await transaction.documents.quarantine(version_id, outcome.reason, message)
    except DatabaseError as error:  # the outcome is reported all the same
        log.warning("outcome_not_recorded", source=outcome.source, error=str(error))
