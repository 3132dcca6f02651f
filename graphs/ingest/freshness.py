"""Tells whether other bytes say anything new."""

import hashlib

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database
from data.models import DocumentStatus, DocumentVersion
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.packing import pack_structure
from graphs.ingest.receiving import is_current
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestOutcome, IngestProviders, IngestState
from providers.types import ParsedDocument


async def compare(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    settings: IngestSettings,
    artifacts: Artifacts,
) -> IngestState:
    """End the run when the file says what the published version says, in other bytes.

    Such a version is not kept: nothing is embedded, and citations go on naming the version
    that was answered from, whose bytes are still there.
    """
    runtime.stream_writer(events.stage(state["input"].source, "compare"))
    document = await artifacts.document(state)
    digest = await anyio.to_thread.run_sync(text_digest, document)
    principal = principal_of(config)
    # Nearly every file is new or says something new, and need not wait for a writer.
    async with database.begin(principal, read_only=True) as transaction:
        if not _says(await transaction.documents.published(state["document_id"]), state, digest):
            return {"text_sha256": digest}
    async with database.begin(principal) as transaction:
        published = await transaction.documents.published(state["document_id"])
        if published is None or not _says(published, state, digest):
            return {"text_sha256": digest}
        collection = await transaction.collections.by_id(state["collection_id"])
        if collection is None or not await is_current(
            transaction, collection, published, providers, settings
        ):
            return {"text_sha256": digest}
        await transaction.documents.withdraw_version(state["version_id"])
    artifacts.forget(state)
    return {
        "outcome": IngestOutcome(
            source=state["input"].source,
            status=DocumentStatus.UNCHANGED,
            document_id=published.document_id,
            version=published.number,
            message=f"The bytes have changed and the text has not: version {published.number} "
            "stays.",
            pages=published.page_count,
            chunks=published.chunk_count,
        )
    }


def _says(published: DocumentVersion | None, state: IngestState, digest: str) -> bool:
    """Tell whether another version that search finds says what this text says."""
    return (
        published is not None
        and published.id != state["version_id"]
        and published.text_sha256 == digest
    )


def text_digest(document: ParsedDocument) -> str:
    """Return the SHA-256 of a normalised text with its pages and headings, in hexadecimal.

    Where a sentence stands is part of what a citation says, so it counts.
    """
    found = hashlib.sha256(document.text.encode())
    found.update(b"\0" + pack_structure(document))
    return found.hexdigest()
