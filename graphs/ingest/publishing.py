"""The last nodes: write the vectors, then let search find the version."""

from dataclasses import dataclass, replace

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database, Transaction
from data.errors import DatabaseError
from data.models import DocumentStatus, VersionStatus
from data.values import NewChunk, NewSection, ParsedVersion
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.deduplicating import relate, skipped
from graphs.ingest.receiving import duplicate_of
from graphs.ingest.remaking import Remaker
from graphs.ingest.sections import placed_headings
from graphs.ingest.settings import IngestSettings
from graphs.ingest.state import IngestOutcome, IngestProviders, IngestState, PreparedChunk
from graphs.ingest.targets import begin_indexes, newest, plans_for, switch, targets_of
from graphs.ingest.vectors import Filler, remove
from providers.principal import Principal
from providers.types import ParsedDocument

log = structlog.get_logger(__name__)


async def index(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> IngestState:
    """Write the new vectors; nobody finds them before the version is published."""
    runtime.stream_writer(events.stage(state["input"].source, "index"))
    principal, store = principal_of(config), providers.vector_store
    targets = await targets_of(database, principal, providers, state["collection_id"])
    keys = vector_keys(state)
    if not all(target.live for target in targets):
        async with database.begin(principal) as transaction:
            await begin_indexes(transaction, state["collection_id"], targets)
    for target in targets:
        if target.index in keys:  # one that was begun since is filled before publishing
            await store.ensure(target.index, target.encoders.spec)
            points = await artifacts.points(keys[target.index])
            await store.upsert(target.index, principal.tenant_id, points)
    return {}


def vector_keys(state: IngestState) -> dict[str, str]:
    """Return the keys of the vectors that a run made, by their index."""
    if "index" not in state:
        return {}
    return {state["index"]: state["vectors_key"], **state["beside"]}


async def publish(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    settings: IngestSettings,
    artifacts: Artifacts,
) -> IngestState:
    """Let search find the version in one step, then remove the vectors nobody needs.

    Before that the vectors are in every index that search may use by then; after it they
    still are, whatever another run or a delete removed meanwhile.
    """
    principal = principal_of(config)
    runtime.stream_writer(events.stage(state["input"].source, "publish"))
    content = _Content(await artifacts.document(state), await artifacts.chunks(state))
    language = state.get("language") or settings.default_language
    filler = Filler(providers, principal.tenant_id, state["document_id"], language)
    indexes = set(vector_keys(state))
    while True:
        async with database.begin(principal) as transaction:
            # Equal contents of two workers are published one after the other.
            collection = await transaction.collections.lock(state["collection_id"])
            plans = await plans_for(transaction, collection, providers.configured)
            late = [plan for plan in plans if plan.index not in indexes]
            if not late:
                content.mark = newest(plans, providers.configured)
                before = await transaction.chunks.ids_of_document(state["document_id"])
                outcome = await _published(transaction, state, content, providers, artifacts)
                await switch(transaction, collection, providers.configured)
                in_use = await transaction.chunks.ids_in_use(state["document_id"])
                break
        await filler.fill(late, content.chunks)
        indexes |= {plan.index for plan in late}
    await filler.fill(plans, [each for each in content.chunks if each.stored.id in in_use])
    unused = {*before, *(each.stored.id for each in content.chunks)} - in_use
    await remove(providers.vector_store, principal.tenant_id, indexes, unused)
    await Remaker(providers, settings, principal).settle(database, state["document_id"], unused)
    if state["version"] > 1:
        await _prune(state, principal, database)
    artifacts.forget(state)
    return {"outcome": outcome}


@dataclass(slots=True)
class _Content:
    """What is published; `mark` names the encoders that its rows say made the vectors."""

    document: ParsedDocument
    chunks: list[PreparedChunk]
    mark: str = ""

    @property
    def rows(self) -> list[NewChunk]:
        """The chunks as they are stored."""
        return [replace(each.stored, embedder=self.mark) for each in self.chunks]


async def _published(
    transaction: Transaction,
    state: IngestState,
    content: _Content,
    providers: IngestProviders,
    artifacts: Artifacts,
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
    if (outcome := await skipped(state, transaction)) is not None:
        return outcome
    await transaction.chunks.replace(state["document_id"], version_id, content.rows)
    await transaction.sections.replace(version_id, sections_to_store(content.document))
    described = _described(state, content, providers, artifacts)
    version = await documents.publish(version_id, described)
    if version.status is VersionStatus.PUBLISHED:
        await relate(state, transaction, version)
    await transaction.audit.add(
        "document.published",
        version_id,
        {"source": state["input"].source, "version": version.number, "job": state["input"].job_id},
        document_id=state["document_id"],
    )
    late = version.status is VersionStatus.SUPERSEDED
    return IngestOutcome(
        source=state["input"].source,
        status=DocumentStatus.INDEXED,
        document_id=state["document_id"],
        version=version.number,
        message="A newer version was published meanwhile and stays in use." if late else None,
        pages=content.document.page_count,
        chunks=len(content.chunks),
    )


async def _prune(state: IngestState, principal: Principal, database: Database) -> None:
    """Remove rows that search no longer shows; the next publishing does it if this fails."""
    try:
        async with database.begin(principal) as transaction:
            await transaction.chunks.prune(state["document_id"])
    except DatabaseError as error:
        log.warning("chunks_left_behind", document_id=state["document_id"], error=str(error))


def _described(
    state: IngestState, content: _Content, providers: IngestProviders, artifacts: Artifacts
) -> ParsedVersion:
    document = content.document
    return ParsedVersion(
        parser=providers.parser.version,
        chunker=content.chunks[0].stored.chunker if content.chunks else None,
        media_type=document.media_type,
        title=state["title"],
        language=document.language,
        page_count=document.page_count,
        text_key=state["text_key"] if artifacts.keeps else None,
        stated_version=state["stated"].version,
        stated_date=state["stated"].date,
        text_sha256=state.get("text_sha256"),
    )


def sections_to_store(document: ParsedDocument) -> list[NewSection]:
    """Return the outline of a document as it is stored."""
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
