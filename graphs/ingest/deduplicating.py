"""Finds the documents that say much the same, and what the collection wants to do then."""

import anyio.to_thread
from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.database import Database, Transaction
from data.models import Document, DocumentStatus, DocumentVersion, DuplicatePolicy, LinkKind
from data.values import NewLink, Relative
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.likeness import MIN_CONTAINMENT, compare, sign
from graphs.ingest.state import IngestOutcome, IngestState
from graphs.ingest.stated import order, stated_by
from providers.principal import Principal


async def dedupe(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    artifacts: Artifacts,
) -> IngestState:
    """Sign the text; end the run when the collection skips what it has already."""
    runtime.stream_writer(events.stage(state["input"].source, "dedupe"))
    document = await artifacts.document(state)
    found: IngestState = {
        "signature": await anyio.to_thread.run_sync(sign, document.text),
        "stated": stated_by(document, state["input"].source),
    }
    outcome = await _skipped({**state, **found}, principal_of(config), database)
    if outcome is not None:
        artifacts.forget(state)
        found["outcome"] = outcome
    return found


async def _skipped(
    state: IngestState, principal: Principal, database: Database
) -> IngestOutcome | None:
    """Take the writers' turn only where the policy may end the run."""
    async with database.begin(principal, read_only=True) as transaction:
        collection = await transaction.collections.by_id(state["collection_id"])
    if collection is None or collection.duplicate_policy is not DuplicatePolicy.SKIP:
        return None
    async with database.begin(principal) as transaction:
        return await skipped(state, transaction)


async def skipped(state: IngestState, transaction: Transaction) -> IngestOutcome | None:
    """Leave a document out whose text the collection has, if that is its policy.

    A document that search finds already is never left out, nor one that says that it is
    another version.
    """
    collection = await transaction.collections.by_id(state["collection_id"])
    if collection is None or collection.duplicate_policy is not DuplicatePolicy.SKIP:
        return None
    documents, document_id = transaction.documents, state["document_id"]
    me = await documents.get(document_id)
    if me is None or await documents.published(document_id) is not None:
        return None
    for other in await _candidates(state, transaction, me):
        likeness = compare(state["signature"], other.signature)
        if likeness is None or not likeness.is_same or order(state["stated"], other.stated):
            continue
        await documents.soft_delete(document_id)
        return IngestOutcome(
            source=state["input"].source,
            status=DocumentStatus.DUPLICATE,
            document_id=other.document_id,
            version=other.version,
            message=f"{likeness.jaccard:.0%} of the text is that of {other.source!r}; it was not "
            "added, since the collection skips near-duplicates.",
        )
    return None


async def relate(state: IngestState, transaction: Transaction, version: DocumentVersion) -> None:
    """Link the version that is being published with those that resemble it."""
    document_id, signature = state["document_id"], state["signature"]
    me = await transaction.documents.get(document_id)
    if me is None:
        return
    await transaction.likeness.keep(state["collection_id"], document_id, version.id, signature)
    mine = Relative(
        document_id=document_id,
        source=me.source,
        version=version.number,
        product_id=me.product_id,
        stated=state["stated"],
        arrived_at=version.created_at,
        signature=signature,
    )
    links = [_link(mine, other) for other in await _candidates(state, transaction, me)]
    await transaction.likeness.link(document_id, [link for link in links if link is not None])


async def _candidates(state: IngestState, transaction: Transaction, me: Document) -> list[Relative]:
    """Return what may resemble a document; manuals of two products are never the same."""
    near = await transaction.likeness.candidates(
        state["collection_id"], state["document_id"], state["signature"]
    )
    alike = {None, me.product_id}
    return [each for each in near if me.product_id is None or each.product_id in alike]


def _link(mine: Relative, other: Relative) -> NewLink | None:
    """Return how two texts are related; what they say of themselves comes before arrival."""
    said = order(mine.stated, other.stated)
    is_newer = said > 0 or (said == 0 and mine.arrived_at >= other.arrived_at)
    newer, older = (mine, other) if is_newer else (other, mine)
    likeness = compare(newer.signature, older.signature)
    if likeness is None:
        return None
    return NewLink(
        newer_id=newer.document_id,
        older_id=older.document_id,
        kind=LinkKind.REVISION if said else LinkKind.NEAR_DUPLICATE,
        jaccard=likeness.jaccard,
        containment=likeness.containment,
        # A shorter text that only came later does not stand in for a fuller one.
        replaces=bool(said) or likeness.share >= MIN_CONTAINMENT,
    )
