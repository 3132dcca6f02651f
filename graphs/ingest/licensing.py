"""Second node: may this file be taken in at all?"""

from langchain_core.runnables import RunnableConfig
from langgraph.runtime import Runtime

from data.columns import now
from data.database import Database, Transaction
from data.models import Use
from data.repositories.licences import ITEM
from data.terms import DocumentTerms, NewLicence, Terms
from graphs.identity import principal_of
from graphs.ingest import events
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.setting_aside import set_aside
from graphs.ingest.state import IngestState, Problem, Provenance
from providers.errors import QuarantineReason


async def check_licence(
    state: IngestState,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    artifacts: Artifacts,
) -> IngestState:
    """Write down where the file comes from, and set it aside when it may not be indexed.

    Nothing of a file that may not be indexed is kept, its original neither.
    """
    runtime.stream_writer(events.stage(state["input"].source, "check_licence"))
    async with database.begin(principal_of(config)) as transaction:
        await attach(transaction, state["document_id"], state["input"].provenance)
        problem = await _forbidden(transaction, state)
        if problem is None:
            return {}
        await transaction.documents.keep_no_original(state["version_id"])
        outcome = await set_aside(transaction, state, problem)
    artifacts.forget(state)
    return {"outcome": outcome}


async def attach(transaction: Transaction, document_id: str, known: Provenance | None) -> None:
    """Write down what a source says of a file; a licence that nobody described allows nothing.

    The licence of the source itself is not written on each file, so that it can change.
    """
    if known is None:
        return
    product = None
    if known.product is not None:
        product = await transaction.provenance.ensure_product(known.product, vendor=known.vendor)
    await transaction.documents.attach(
        document_id,
        source_id=known.source_id,
        source_uri=known.uri,
        product_id=product.id if product is not None else None,
        is_public=known.is_public,
    )
    await transaction.licences.take_from_document(document_id, origin=ITEM)
    held = await transaction.terms.of(document_id)
    if known.licence is None or (held is not None and held.licence == known.licence):
        return
    licence = await transaction.licences.by_name(known.licence)
    if licence is None:
        nothing = Terms(uses=frozenset())
        licence = await transaction.licences.put(NewLicence(name=known.licence, terms=nothing))
    await transaction.licences.give_document(document_id, licence.id, Terms(), origin=ITEM)


async def _forbidden(transaction: Transaction, state: IngestState) -> Problem | None:
    known = state["input"].provenance
    found = await transaction.terms.of(
        state["document_id"], sha256=state["sha256"], vendor=known.vendor if known else None
    )
    if found is None or found.allows(Use.INDEX, now()):
        return None
    return Problem(reason=QuarantineReason.LICENCE_EXCLUDED, message=_why(found))


def _why(found: DocumentTerms) -> str:
    rule = found.excluded_by
    if rule is not None:
        return (
            f"An exclusion forbids it ({rule.kind.value} {rule.pattern!r}: {rule.reason}). "
            "Remove the exclusion and add the file again."
        )
    if not found.terms.uses:
        return (
            f"Its licence {found.licence!r} allows nothing, or nobody has described it yet. Say "
            "what it allows with `cicerone licences add` and add the file again."
        )
    end = found.terms.expires_at
    if Use.INDEX in found.terms.uses and end is not None:
        return (
            f"Its licence {found.licence!r} ended on {end:%Y-%m-%d}. Renew it with "
            "`cicerone licences add` and add the file again."
        )
    return (
        f"Its licence {found.licence!r} does not allow to index it. Give it another one with "
        "`cicerone licences set` and add the file again."
    )
