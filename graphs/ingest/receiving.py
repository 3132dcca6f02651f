"""The first nodes: read the file, see whether it is new, keep the original, look at it."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database, Transaction
from data.models import Collection, Document, DocumentStatus, DocumentVersion
from data.values import NewVersion, document_id
from graphs.errors import ArtifactMissingError, ContentChangedError
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.chunking import chunker_version
from graphs.ingest.naming import index_name, raw_key, vectors_made_by
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestInput, IngestOutcome, IngestProviders, IngestState, Problem
from providers.errors import ObjectNotFoundError, QuarantineReason
from providers.principal import Principal

MEBIBYTE = 1 << 20


async def fetch(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    settings: IngestSettings,
    artifacts: Artifacts,
) -> IngestState:
    """Read the file; register its content when it is new, else end the run with an outcome.

    A file that is too large is hashed but not kept in memory.
    """
    principal = principal_of(config)
    given = state["input"]
    runtime.stream_writer(events.stage(given.source, "fetch"))
    size, sha256, data = await _content(given, artifacts, settings.max_file_mb * MEBIBYTE)
    found: IngestState = {"input": given, "size": size, "sha256": sha256}
    found["problem"] = problem = _problem(size, settings)
    if problem is None:
        found["raw_key"] = raw_key(principal.tenant_id, sha256)
    registered = await _register(
        found,
        principal,
        database=database,
        providers=providers,
        settings=settings,
        keeps=artifacts.keeps,
    )
    if "outcome" not in registered and problem is None:
        artifacts.hold(found["raw_key"], data)
    return {**found, **registered}


async def _content(given: IngestInput, artifacts: Artifacts, limit: int) -> tuple[int, str, bytes]:
    if given.object_key is not None:
        given = replace(given, object_key=None, data=await _original(given, artifacts))
    return await anyio.to_thread.run_sync(_read, given, limit)


async def _original(given: IngestInput, artifacts: Artifacts) -> bytes:
    try:
        return await artifacts.raw(given.object_key or "")
    except ArtifactMissingError as error:
        raise ObjectNotFoundError(
            f"the original of {given.source!r} is gone; add the file again"
        ) from error


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


async def _register(
    state: IngestState,
    principal: Principal,
    *,
    database: Database,
    providers: IngestProviders,
    settings: IngestSettings,
    keeps: bool,
) -> IngestState:
    given = state["input"]
    async with database.begin(principal) as transaction:
        collection = await transaction.collections.ensure(given.collection)
        id = document_id(principal.tenant_id, collection.id, given.source)
        published = await transaction.documents.published(id)
        if (
            published is not None
            and published.sha256 == state["sha256"]
            and await is_current(transaction, collection, published, providers, settings)
        ):
            await _trace(transaction, id, given)
            return {"outcome": await _unchanged(transaction, given, published)}
        if published is None:
            other = await transaction.documents.by_sha256(collection.id, state["sha256"])
            if other is not None and other.id != id:
                return {"outcome": duplicate_of(given, other)}
        return await _registered(transaction, state, collection, keeps=keeps)


async def is_current(
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


async def _trace(transaction: Transaction, document_id: str, given: IngestInput) -> None:
    """Write down which source a document came from, before anybody can find it."""
    origin = given.provenance
    if origin is None or origin.source_id is None or origin.uri is None:
        return
    product = await transaction.provenance.put_product(origin.product) if origin.product else None
    await transaction.documents.trace(
        document_id,
        source_id=origin.source_id,
        source_uri=origin.uri,
        product_id=product.id if product else None,
        is_public=origin.is_public,
    )


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
    transaction: Transaction, state: IngestState, collection: Collection, *, keeps: bool
) -> IngestState:
    given = state["input"]
    document = await transaction.documents.ensure(collection.id, given.source)
    await _trace(transaction, document.id, given)
    version = await transaction.documents.add_version(
        document.id,
        NewVersion(
            sha256=state["sha256"],
            bytes=state["size"],
            media_type=given.media_type or None,
            object_key=state.get("raw_key") if keeps else None,
        ),
    )
    return {
        "collection_id": collection.id,
        "document_id": document.id,
        "version_id": version.id,
        "version": version.number,
    }


async def store_raw(state: IngestState, runtime: Runtime, *, artifacts: Artifacts) -> IngestState:
    """Keep the original bytes, under their hash, also of a file that cannot be used.

    From here on the run no longer needs what it was given.
    """
    given, key = state["input"], state.get("raw_key")
    if key is None:
        return {}
    runtime.stream_writer(events.stage(given.source, "store_raw"))
    data = artifacts.held(key)
    if data is None:
        data = await _read_again(state, artifacts)
    await artifacts.put_raw(key, data, _metadata(state))
    return {"input": replace(given, data=None, data_path=None, object_key=key)}


async def _read_again(state: IngestState, artifacts: Artifacts) -> bytes:
    _, sha256, data = await _content(state["input"], artifacts, state["size"])
    if sha256 != state["sha256"]:
        raise ContentChangedError(
            f"{state['input'].source!r} changed while it was being read; add it again"
        )
    return data


def _metadata(state: IngestState) -> dict[str, str]:
    given, now = state["input"], datetime.now(UTC)
    known = given.provenance
    told = {
        "source": given.source,
        "sha256": state["sha256"],
        "fetched_at": ((known and known.fetched_at) or now).isoformat(timespec="seconds"),
        "uri": known and known.uri,
        "licence": known and known.licence,
        "crawl_rules": known and known.crawl_rules,
    }
    return {
        name: value.encode("ascii", "backslashreplace").decode()
        for name, value in told.items()
        if value
    }


async def validate(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
) -> IngestState:
    """Set a file aside that cannot be used, before anybody spends time on it."""
    runtime.stream_writer(events.stage(state["input"].source, "validate"))
    problem = state.get("problem")
    if problem is None:
        return {}
    async with database.begin(principal_of(config)) as transaction:
        await transaction.documents.quarantine(state["version_id"], problem.reason, problem.message)
    return {
        "outcome": IngestOutcome(
            source=state["input"].source,
            status=DocumentStatus.QUARANTINED,
            document_id=state["document_id"],
            version=state["version"],
            reason=problem.reason.value,
            message=problem.message,
        )
    }
