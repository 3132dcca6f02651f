"""Sets a file aside in quarantine, for a reason that was found before anything went wrong."""

from data.database import Transaction
from data.models import DocumentStatus
from graphs.ingest.state import IngestOutcome, IngestState, Problem


async def set_aside(
    transaction: Transaction, state: IngestState, problem: Problem
) -> IngestOutcome:
    """Put the run's version in quarantine and return the outcome of the run."""
    await transaction.documents.quarantine(state["version_id"], problem.reason, problem.message)
    return IngestOutcome(
        source=state["input"].source,
        status=DocumentStatus.QUARANTINED,
        document_id=state["document_id"],
        version=state["version"],
        reason=problem.reason.value,
        message=problem.message,
    )
