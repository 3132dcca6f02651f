"""Stops runs between two nodes, so that they can go on later."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from langgraph.runtime import RunControl


class DocumentControl(RunControl):
    """Of one document's run.

    A patient run stops at a node that failed for a reason that may pass; `failure` is that
    reason. An impatient one makes the failure the document's outcome.
    """

    __slots__ = ("failure", "patient")

    def __init__(self, *, patient: bool) -> None:
        super().__init__()
        self.patient = patient
        self.failure: Exception | None = None

    def give_up(self, failure: Exception) -> None:
        """Stop before the node that failed runs again."""
        self.failure = failure
        self.request_drain("failed")


class BatchControl:
    """Of all runs of a batch; safe to use from the event loop that they run in."""

    def __init__(self, *, patient: bool = False) -> None:
        self.patient = patient
        self.reason: str | None = None
        self._open: set[DocumentControl] = set()
        self._requested = asyncio.Event()

    def request_drain(self, reason: str) -> None:
        """Let every run stop at its next node and start no other; the first reason counts."""
        self.reason = self.reason or reason
        self._requested.set()
        for control in self._open:
            control.request_drain(reason)

    @property
    def drain_requested(self) -> bool:
        """Whether the batch was asked to stop."""
        return self.reason is not None

    async def drain(self) -> None:
        """Wait until the batch is asked to stop."""
        await self._requested.wait()

    @contextmanager
    def document(self) -> Iterator[DocumentControl]:
        """Yield the control of one more run."""
        control = DocumentControl(patient=self.patient)
        if self.reason is not None:
            control.request_drain(self.reason)
        self._open.add(control)
        try:
            yield control
        finally:
            self._open.discard(control)
