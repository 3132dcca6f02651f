"""What becomes of a document when a step fails for good."""

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.errors import NodeError
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command

from data.database import Database
from data.errors import DatabaseError
from data.models import DocumentStatus, VersionStatus
from graphs.errors import ArtifactMissingError, ContentChangedError, MissingPrincipalError
from graphs.identity import principal_of
from graphs.ingest.artifacts import Artifacts
from graphs.ingest.control import DocumentControl
from graphs.ingest.publishing import remove_vectors
from graphs.ingest.state import IngestOutcome, IngestProviders, IngestState
from graphs.trouble import may_pass
from providers.errors import ProviderError, UnreadableDocumentError
from providers.principal import Principal

log = structlog.get_logger(__name__)

_EXPECTED = (ProviderError, DatabaseError, ContentChangedError)
"""What is worded for the person who reads the outcome."""

_NO_OUTCOME = (MissingPrincipalError, ArtifactMissingError)
"""What says nothing about the document: the run itself was not started right."""


async def reject(
    state: IngestState,
    error: NodeError,
    config: RunnableConfig,
    runtime: Runtime,
    *,
    database: Database,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> Command[str]:
    """Turn what went wrong in a node into the document's outcome and end the run.

    What search finds of the document stays findable. A patient run stops instead when the
    trouble may pass, and runs the node again the next time.
    """
    cause = error.error
    if isinstance(cause, _NO_OUTCOME) or not isinstance(cause, Exception):
        # A new one: LangGraph takes the failure itself for settled, and would end the run.
        raise type(cause)(*cause.args) from cause
    control = runtime.control
    if isinstance(control, DocumentControl) and control.patient and may_pass(cause):
        control.give_up(cause)
        return Command(goto=error.node)
    outcome = _outcome_of(state, cause)
    if not isinstance(cause, (*_EXPECTED, OSError)):
        log.error("ingest_failed", source=outcome.source, node=error.node, exc_info=cause)
    principal = principal_of(config)
    in_use = await _record(state, principal, database, outcome)
    if in_use is not None:
        written = {point.id for point in await artifacts.points(state)}
        await remove_vectors(state, principal, providers, written - in_use)
    artifacts.forget(state)
    return Command(goto=END, update={"outcome": outcome})


async def abandon(
    principal: Principal,
    state: IngestState,
    *,
    database: Database,
    providers: IngestProviders,
    artifacts: Artifacts,
) -> None:
    """Take back what a run has done that was stopped and will not go on."""
    if "version_id" not in state:
        return
    outcome = IngestOutcome(
        source=state["input"].source,
        status=DocumentStatus.FAILED,
        message="The job ended before the file was ingested; add it again, or retry the job.",
    )
    in_use = await _record(state, principal, database, outcome)
    try:
        written = {point.id for point in await artifacts.points(state)}
    except ArtifactMissingError as error:  # search never shows them; a reconcile removes them
        log.warning("vectors_left_behind", source=outcome.source, error=str(error))
        return
    if in_use is not None:
        await remove_vectors(state, principal, providers, written - in_use)
    artifacts.forget(state)


def _outcome_of(state: IngestState, cause: Exception) -> IngestOutcome:
    status, reason, message = DocumentStatus.FAILED, None, str(cause)
    if isinstance(cause, UnreadableDocumentError):
        status, reason = DocumentStatus.QUARANTINED, cause.reason.value
    elif isinstance(cause, OSError):
        message = f"The file could not be read: {cause.strerror or type(cause).__name__}."
    elif not isinstance(cause, _EXPECTED):
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
        may_pass=may_pass(cause),
    )


async def _record(
    state: IngestState, principal: Principal, database: Database, outcome: IngestOutcome
) -> set[str] | None:
    """Write the outcome down; return the chunks that search still shows, None if unknown.

    A version that was published before this run stays so: it was to be made anew, and what
    is there still answers.
    """
    version_id, message = state.get("version_id"), outcome.message or ""
    if version_id is None:
        return None
    try:
        async with database.begin(principal) as transaction:
            version = await transaction.documents.version(version_id)
            if version is None or version.status is not VersionStatus.PUBLISHED:
                if outcome.reason is None:
                    await transaction.documents.fail(version_id, message)
                else:
                    await transaction.documents.quarantine(version_id, outcome.reason, message)
            published = await transaction.chunks.of_document(state["document_id"])
    except DatabaseError as error:  # the outcome is reported all the same
        log.warning("outcome_not_recorded", source=outcome.source, error=str(error))
        return None
    return {row.id for row in published}
