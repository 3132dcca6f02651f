"""Takes one document through one stage, while no other worker may touch it."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

import structlog

from data.columns import now
from data.database import Database
from data.errors import DatabaseError
from data.models import DocumentStatus, Job, JobStatus, Stage, WorkItem
from data.repositories.work_items import WorkPlace
from graphs.ingest import events
from graphs.ingest.batch import thread_id_of
from graphs.ingest.control import DocumentControl
from graphs.ingest.graph import IngestGraph
from graphs.ingest.running import Thread, stream_document
from graphs.ingest.state import IngestInput, IngestOutcome
from graphs.trouble import may_pass
from service.attempts import JobRules
from service.ingestion import inputs_of
from service.retrying import slug_of
from service.spread.dispatching import Dispatcher
from service.spread.post import Post, clerk
from service.sweeping import owner_of

log = structlog.get_logger("cicerone.jobs")
_CHANCE = random.SystemRandom()

NEXT: Final[Mapping[Stage, Stage | None]] = {
    Stage.PARSE: Stage.EMBED,
    Stage.EMBED: Stage.INDEX,
    Stage.INDEX: None,
}
"""The stage after each; it begins with the node of the same name."""
_LOST: Final = "lost"
_SAYING: Final = (
    "The worker ended {attempts} times while it had the document (stage {stage}); see its log "
    "for what it was at. Often it lacked memory."
)


class Opened(Protocol):
    """Opens the graph when there is something to do; its checkpoints need a connection."""

    async def __call__(self) -> IngestGraph:
        """Return the ingest graph, which keeps checkpoints."""
        ...


@dataclass(slots=True)
class _Turn:
    """A document in this worker's hands."""

    place: WorkPlace
    job: Job
    item: WorkItem
    control: DocumentControl
    outcome: IngestOutcome | None = None

    @property
    def is_last_attempt(self) -> bool:
        return self.item.attempts >= self.job.max_attempts


class DocumentWorker:
    """Runs stages of documents, any number at once."""

    def __init__(
        self,
        database: Database,
        graph: Opened,
        post: Post,
        dispatcher: Dispatcher,
        *,
        rules: JobRules,
        worker: str,
    ) -> None:
        self._database = database
        self._graph = graph
        self._post = post
        self._dispatcher = dispatcher
        self._rules = rules
        self._worker = worker
        self._controls: set[DocumentControl] = set()

    def drain(self) -> None:
        """Let every document stop at its next node; others go on with it."""
        for control in self._controls:
            control.request_drain("shutdown")

    async def run(self, place: WorkPlace) -> None:
        """Take a document through a stage, unless another worker has it or it is past that."""
        turn = await self._claim(place)
        if turn is None:
            log.info("document.not_claimed", job_id=place.job_id, ordinal=place.ordinal)
            return
        self._controls.add(turn.control)
        said = {"job_id": place.job_id, "ordinal": place.ordinal, "stage": place.stage.value}
        try:
            with self._rules.recorded(turn.job.kind, clerk(place.tenant_id), **said):
                await self._work(turn)
            moved_on = await self._settle(turn)
        finally:
            self._controls.discard(turn.control)
        if moved_on is not None:
            await self._post.document(moved_on)
        else:
            await self._dispatcher.look(place.tenant_id, place.job_id)

    async def _claim(self, place: WorkPlace) -> _Turn | None:
        async with self._database.begin(clerk(place.tenant_id)) as tx:
            job = await tx.jobs.head(place.job_id)
            if job is None or job.status is not JobStatus.RUNNING:
                return None
            item = await tx.work.claim(place.job_id, place.ordinal, place.stage, self._worker)
        if item is None:
            return None
        patient = item.attempts < job.max_attempts
        return _Turn(place, job, item, DocumentControl(patient=patient))

    async def _work(self, turn: _Turn) -> None:
        if turn.item.attempts > turn.job.max_attempts:
            attempts, stage = turn.job.max_attempts, turn.place.stage.value
            message = _SAYING.format(attempts=attempts, stage=stage)
            turn.outcome = _failed(turn, message, passing=True)
            return
        async with self._lease(turn):
            try:
                await self._follow(turn)
            except Exception as error:  # noqa: BLE001 - every failure becomes the document's
                turn.control.failure = error
        failure = turn.control.failure
        if failure is not None and (turn.is_last_attempt or not may_pass(failure)):
            log.error("document.failed", job_id=turn.job.id, exc_info=failure)
            message = str(failure) or type(failure).__name__
            turn.outcome = _failed(turn, message, passing=may_pass(failure))

    async def _follow(self, turn: _Turn) -> None:
        """Run the graph up to the next stage's node, and tell what it does."""
        graph, principal = await self._graph(), owner_of(turn.job)
        until = NEXT[turn.place.stage]
        thread = Thread(thread_id_of(turn.job.id, turn.place.ordinal), turn.control, until)
        async with aclosing(stream_document(graph, principal, _input(turn), thread)) as items:
            async for item in items:
                if isinstance(item, IngestOutcome):
                    turn.outcome = item
                else:
                    await self._tell(turn, item)

    async def _tell(self, turn: _Turn, event: events.IngestEvent) -> None:
        data = dict(event)
        kind = data.pop("type")
        async with self._database.begin(clerk(turn.place.tenant_id)) as tx:
            await tx.jobs.append_event(turn.job.id, kind, data)

    @asynccontextmanager
    async def _lease(self, turn: _Turn) -> AsyncIterator[None]:
        """Show signs of life meanwhile, and stop when the document is not ours any more."""
        over = asyncio.Event()
        beating = asyncio.create_task(self._beat(turn, over))
        try:
            yield
        finally:
            # Not cancelled: a transaction that is cut off half-way would keep its locks.
            over.set()
            await asyncio.gather(beating, return_exceptions=True)

    async def _beat(self, turn: _Turn, over: asyncio.Event) -> None:
        place = turn.place
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rules.heartbeat_s):
                    await over.wait()
                return
            try:
                async with self._database.begin(clerk(place.tenant_id)) as tx:
                    ours = await tx.work.beat(place.job_id, place.ordinal, self._worker)
                    job = await tx.jobs.head(place.job_id)
            except DatabaseError as error:
                log.warning("document.heartbeat_failed", job_id=place.job_id, error=str(error))
                continue
            if not ours or job is None:
                turn.control.request_drain(_LOST)
            elif job.cancel_requested:
                turn.control.request_drain("cancel")
            elif job.pause_requested:
                turn.control.request_drain("pause")

    async def _settle(self, turn: _Turn) -> WorkPlace | None:
        """Write down how the stage went; return where the document is to be sent next."""
        place, control = turn.place, turn.control
        key = (place.job_id, place.ordinal, self._worker)
        async with self._database.begin(clerk(place.tenant_id)) as tx:
            if turn.outcome is not None:
                told = events.finished(turn.outcome)
                kept = {**told, "may_pass": turn.outcome.may_pass}
                if await tx.work.end(*key, kept):
                    told.pop("type")
                    await tx.jobs.append_event(place.job_id, events.FINISHED, told)
                    await tx.jobs.count_done(place.job_id)
                return None
            if control.failure is not None:
                delay = self._rules.backoff.delay_s(turn.item.attempts, _CHANCE)
                reason = slug_of(control.failure)
                log.warning("document.retrying", job_id=place.job_id, reason=reason, in_s=delay)
                at = now() + timedelta(seconds=delay)
                await tx.work.put_back(*key, at=at, message=str(control.failure))
                return None
            onward = NEXT[place.stage]
            if control.drain_requested or onward is None:
                await tx.work.put_back(*key)
                return None
            if await tx.work.advance(*key, onward):
                return WorkPlace(place.tenant_id, place.job_id, place.ordinal, onward)
            return None


def _input(turn: _Turn) -> IngestInput:
    payload = {"files": [turn.item.given], "collection": turn.job.collection}
    return inputs_of(payload, turn.job.id)[0]


def _failed(turn: _Turn, message: str, *, passing: bool) -> IngestOutcome:
    """Return the outcome of a document that is given up; ending the job takes back its run."""
    return IngestOutcome(
        source=turn.item.given["source"],
        status=DocumentStatus.FAILED,
        message=message,
        may_pass=passing,
    )
