"""One worker process: an event loop in a thread, and the service opened in it once."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol

from anyio.from_thread import BlockingPortal, start_blocking_portal

from data.models import Stage
from data.repositories.work_items import WorkPlace
from service.correlation import start_trace


class Work(Protocol):
    """What tasks ask for; it lives in the event loop."""

    async def job(self, tenant_id: str, job_id: str) -> None:
        """Look at a job."""
        ...

    async def document(self, place: WorkPlace) -> None:
        """Take a document through a stage."""
        ...

    async def tick(self) -> None:
        """Run the schedules that are due."""
        ...

    async def drain(self) -> None:
        """Let what runs stop at its next safe place."""
        ...


class WorkerProcess:
    """Carries calls from Celery's thread into the event loop, which never stops in between.

    So signs of life go on while a task waits, and connections stay open between tasks.
    """

    def __init__(
        self, open_work: Callable[[BlockingPortal, int], AbstractContextManager[Work]]
    ) -> None:
        self._open = open_work
        self._stack = ExitStack()
        self._portal: BlockingPortal | None = None
        self._work: Work | None = None

    def start(self, number: int = 0) -> None:
        """Open the service; call it after the fork, since threads do not survive one.

        `number` counts a worker's processes from 0; one that takes another's place has its number.
        """
        self._portal = self._stack.enter_context(start_blocking_portal())
        self._work = self._stack.enter_context(self._open(self._portal, number))

    def stop(self) -> None:
        """Close the service; safe to call twice."""
        self._portal = self._work = None
        self._stack.close()

    def job(self, tenant_id: str, job_id: str) -> None:
        """Look at a job; blocks until that is done."""
        self._call(self._opened.job, tenant_id, job_id)

    def document(self, tenant_id: str, job_id: str, ordinal: int, stage: str) -> None:
        """Take a document through a stage; blocks until that is done."""
        self._call(self._opened.document, WorkPlace(tenant_id, job_id, ordinal, Stage(stage)))

    def tick(self) -> None:
        """Run the schedules that are due; blocks until they have run."""
        self._call(self._opened.tick)

    def drain(self) -> None:
        """Let what runs stop at its next safe place; one that has ended has nothing to stop."""
        if self._work is not None:
            self._call(self._work.drain)

    @property
    def _opened(self) -> Work:
        if self._work is None:
            raise RuntimeError("the worker process has not started, or has ended")
        return self._work

    def _call(self, function: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        if self._portal is None:
            raise RuntimeError("the worker process has not started, or has ended")

        async def traced() -> None:
            start_trace()
            await function(*arguments)

        self._portal.call(traced)
