"""The first nodes: read the file, see whether it is new, keep the original, look at it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database, Transaction
from data.models import (
    ArtifactKind,
    Collection,
    Document,
    DocumentStatus,
    DocumentVersion,
    Review,
)
from data.repositories.indexes import OPEN_STATES
from data.values import NewArtifact, NewVersion, document_id
from graphs.errors import ArtifactMissingError, ContentChangedError
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts, Owner
from graphs.ingest.chunking import chunker_version
from graphs.ingest.licensing import attach
from graphs.ingest.naming import raw_key
from graphs.ingest.setting_aside import set_aside
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import (
    IngestInput,
    IngestOutcome,
    IngestProviders,
    IngestState,
    Problem,
    Provenance,
)
from graphs.ingest.targets import Plan, newest, plans_of
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
    given, began_at = state["input"], datetime.now(UTC)
    runtime.stream_writer(events.stage(given.source, "fetch"))
    size, sha256, data = await _content(given, artifacts, settings.max_file_mb * MEBIBYTE)
    found: IngestState = {"input": given, "size": size, "sha256": sha256, "began_at": began_at}
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
    """Tell whether this parser, chunker and the newest encoders made what is published."""
    plans = await plans_of(transaction, collection.id, providers.configured)
    if any(not plan.live for plan in plans) and not await _is_begun(transaction, collection, plans):
        return False
    chunks = await transaction.chunks.of_version(published.id)
    made_by = newest(plans, providers.configured)
    wanted = (providers.parser.version, chunker_version(settings.chunk), made_by)
    return all((chunk.parser, chunk.chunker, chunk.embedder) == wanted for chunk in chunks)


async def _is_begun(
    transaction: Transaction, collection: Collection, plans: Sequence[Plan]
) -> bool:
    """Tell whether every index that is asked for is being built."""
    rows = await transaction.indexes.of_collection(collection.id)
    names = {row.name for row in rows if row.state in OPEN_STATES}
    return all(plan.live or plan.index in names for plan in plans)


async def _unchanged(
    transaction: Transaction, given: IngestInput, published: DocumentVersion
) -> IngestOutcome:
    """Make the published version the newest again, in case a later one had been refused.

    What its source says of it may have changed all the same.
    """
    await attach(transaction, published.document_id, given.provenance)
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
    document = await transaction.documents.ensure(
        collection.id, given.source, began_at=given.began_at or state["began_at"]
    )
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
        "released": version.review is Review.RELEASED,
    }


async def store_raw(
    state: IngestState, config: RunnableConfig, runtime: Runtime, *, artifacts: Artifacts
) -> IngestState:
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
    owner = Owner(principal=principal_of(config), version_id=state["version_id"])
    new = _original_of(state, key)
    await artifacts.put_raw(new, data, _metadata(given, new), owner)
    return {"input": replace(given, data=None, data_path=None, object_key=key)}


def _original_of(state: IngestState, key: str) -> NewArtifact:
    given = state["input"]
    told = given.provenance or Provenance()
    return NewArtifact(
        object_key=key,
        kind=ArtifactKind.RAW,
        sha256=state["sha256"],
        bytes=state["size"],
        source_id=told.source_id,
        source_uri=told.uri or given.source,
        licence=told.licence,
        crawl_rules=told.crawl_rules,
        media_type=given.media_type or None,
        fetched_at=told.fetched_at or datetime.now(UTC),
    )


async def _read_again(state: IngestState, artifacts: Artifacts) -> bytes:
    _, sha256, data = await _content(state["input"], artifacts, state["size"])
    if sha256 != state["sha256"]:
        raise ContentChangedError(
            f"{state['input'].source!r} changed while it was being read; add it again"
        )
    return data


def _metadata(given: IngestInput, new: NewArtifact) -> dict[str, str]:
    """Return what the object says of itself, also to who finds it without the database."""
    fetched = new.fetched_at and new.fetched_at.isoformat(timespec="seconds")
    told = {
        "source": given.source,
        "sha256": new.sha256,
        "fetched_at": fetched,
        "uri": new.source_uri,
        "licence": new.licence,
        "crawl_rules": new.crawl_rules,
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
        return {"outcome": await set_aside(transaction, state, problem)}
