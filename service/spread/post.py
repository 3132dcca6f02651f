"""Messages to workers: which there are and what they carry."""

from typing import Final, Protocol

from data.models import Stage
from data.repositories.work_items import WorkPlace
from providers.principal import Principal
from providers.types import Health

JOBS: Final = "jobs"
"""The queue of jobs as a whole; documents have one queue a stage."""
QUEUES: Final = (JOBS, *(stage.value for stage in Stage))


class Post(Protocol):
    """Sends messages, which carry ids only; who a job is for is read from its row.

    A message that cannot be sent is logged and forgotten: the sweeper finds what nobody
    works at. One that arrives twice finds nothing to do.
    """

    async def job(self, tenant_id: str, job_id: str) -> None:
        """Ask a worker to look at a job."""
        ...

    async def document(self, place: WorkPlace) -> None:
        """Ask a worker to take a document through its next stage."""
        ...

    async def waiting(self, queue: str) -> int | None:
        """Return how many messages wait in a queue; None when the broker does not answer."""
        ...

    async def check(self) -> Health:
        """Tell whether the broker answers."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


def clerk(tenant_id: str) -> Principal:
    """Return who reads and notes where the work of a tenant stands; it has no role."""
    return Principal(tenant_id=tenant_id, subject="worker", roles=frozenset())
