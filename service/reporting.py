"""What a handler of jobs is given, and what it may answer."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from data.database import Database
from graphs.ingest.control import BatchControl
from providers.principal import Principal
from service.schemas import JobStatus


class JobStoppedError(Exception):
    """The handler stopped at a safe place, because `Reporter.control` asked it to.

    What is left is done when the job runs the next time.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """How a job ended, where that is not simply well.

    `dead`: it failed for a reason that may pass, and its attempts are used up.
    """

    report: dict[str, Any]
    status: JobStatus
    message: str
    reason: str | None = None
    dead: bool = False


class Reporter:
    """What a job tells of itself while it runs, and what asks it to stop.

    `control.drain_requested` asks the handler to stop at the next safe place and to raise
    `JobStoppedError`. `control.patient` is false in the last attempt.
    """

    def __init__(self, database: Database, principal: Principal, job_id: str) -> None:
        self._database = database
        self._principal = principal
        self.job_id = job_id
        self.control = BatchControl()
        self.news = asyncio.Event()

    async def event(self, kind: str, data: dict[str, Any], *, done: int | None = None) -> None:
        """Record a step, and how many items are done if that changed."""
        async with self._database.begin(self._principal) as tx:
            await tx.jobs.append_event(self.job_id, kind, data)
            if done is not None:
                await tx.jobs.progress(self.job_id, done=done)
        self.wake()

    async def told(self) -> list[str]:
        """Return the sources whose `document.finished` an earlier attempt has recorded."""
        async with self._database.begin(self._principal, read_only=True) as tx:
            return list(await tx.jobs.finished_sources(self.job_id))

    def wake(self) -> None:
        """Wake those who follow the job."""
        self.news.set()
        self.news = asyncio.Event()


class JobHandler(Protocol):
    """Does the work of one kind of job; must be idempotent, since a restart repeats it."""

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any] | JobEnd:
        """Return the job's result.

        Raises:
            JobStoppedError: it was asked to stop, and work is left.
            Exception: one that may pass (`graphs.trouble`) is tried again, any other is the
                end of the job.
        """
        ...


@runtime_checkable
class Cleans(Protocol):
    """A handler that leaves something behind which is not needed after the end of a job."""

    async def clean(
        self, principal: Principal, job_id: str, payload: Mapping[str, Any], status: JobStatus
    ) -> None:
        """Remove it; may be repeated."""
        ...
