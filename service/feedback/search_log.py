"""Notes what was asked, behind the request: batches, so that no answer waits for it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import anyio.to_thread
import structlog

from data.database import Database
from data.errors import DatabaseError
from data.values import NewSearchEvent
from providers.principal import Principal
from service.feedback.settings import FeedbackSettings
from service.schemas import Answer, AskRequest, SearchRequest, SearchResult
from service.tracing.masking import masked

log = structlog.get_logger("cicerone.searches")

MAX_WAITING = 5000
"""Searches that may wait to be written; while the database is away the oldest are dropped."""


class SearchLog:
    """Searches and answers with their traces; the last are written when the service closes.

    What is personal in them is masked as in traces, before it is written.
    """

    def __init__(self, database: Database, settings: FeedbackSettings) -> None:
        self._database = database
        self._settings = settings
        self._waiting: list[tuple[Principal, NewSearchEvent]] = []
        self._writing = asyncio.Lock()
        self._worker: asyncio.Task[None] | None = None

    def searched(
        self, principal: Principal, request: SearchRequest, found: SearchResult, trace_id: str
    ) -> None:
        """Note a search."""
        self._note(
            principal,
            NewSearchEvent(
                trace_id=trace_id,
                subject=principal.subject,
                kind="search",
                collection=request.collection,
                query=request.query,
                hits=len(found.hits),
            ),
        )

    def answered(
        self, principal: Principal, request: AskRequest, answer: Answer, hits: int
    ) -> None:
        """Note an answer; what a guard refused is not kept."""
        if answer.refusal is not None:
            return
        self._note(
            principal,
            NewSearchEvent(
                trace_id=answer.trace_id,
                subject=principal.subject,
                kind="answer",
                collection=request.collection,
                query=answer.condensed_question or request.question,
                hits=hits,
                abstained=answer.abstained,
                answer=answer.answer,
                conversation_id=request.conversation_id,
                cited=[{"source": c.source, "page": c.page} for c in answer.citations],
            ),
        )

    def _note(self, principal: Principal, event: NewSearchEvent) -> None:
        if not self._settings.enabled:
            return
        self._waiting.append((principal, event))
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[0]
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._write_soon(), name="search log")

    async def flush(self) -> None:
        """Write down all that waits.

        Raises:
            DatabaseError: nothing was lost; it is tried again.
        """
        async with self._writing:
            while self._waiting:
                principal = self._waiting[0][0]
                batch = [pair for pair in self._waiting if pair[0].tenant_id == principal.tenant_id]
                events = await anyio.to_thread.run_sync(_without_persons, [e for _, e in batch])
                async with self._database.begin(principal) as transaction:
                    await transaction.feedback.add_searches(events)
                written = set(map(id, batch))
                self._waiting = [pair for pair in self._waiting if id(pair) not in written]

    async def aclose(self) -> None:
        """Write what is left, and stop."""
        if self._worker is not None:
            self._worker.cancel()
            with suppress(asyncio.CancelledError):
                await self._worker
        try:
            await self.flush()
        except DatabaseError as error:
            log.warning("searches.lost", events=len(self._waiting), error=str(error))

    async def _write_soon(self) -> None:
        while self._waiting:
            await asyncio.sleep(self._settings.flush_s)
            try:
                await self.flush()
            except DatabaseError as error:
                log.warning("searches.wait", events=len(self._waiting), error=str(error))


def _without_persons(events: Sequence[NewSearchEvent]) -> list[NewSearchEvent]:
    """Mask what was asked and answered; an answer may be long, so this runs in a thread."""
    return [
        replace(
            event,
            query=masked(event.query),
            answer=None if event.answer is None else masked(event.answer),
        )
        for event in events
    ]
