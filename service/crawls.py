"""Starts crawls: when a person asks, when one is due, when a source changes or is brought to."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import structlog

from data.columns import now
from data.database import Database, Transaction
from data.models import Source
from providers.principal import Principal, Role
from service.crawl_times import Window, next_crawl, window_of
from service.errors import (
    ForbiddenError,
    SourceBusyError,
    SourceClosedError,
    SourceInvalidError,
    SourceNotFoundError,
)
from service.jobs import Jobs, job_read
from service.schemas import JobRead

CRAWL: Final = "crawl"
MANUAL, SCHEDULE, WATCH, PUSH = "manual", "schedule", "watch", "push"
"""Why a crawl was started."""

Clock = Callable[[], datetime]
log = structlog.get_logger("cicerone.sources")


class Crawls:
    """Puts crawls into the queue of jobs; a source has at most one whole crawl at a time."""

    def __init__(
        self, database: Database, jobs: Jobs, *, max_attempts: int, clock: Clock = now
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._max_attempts = max_attempts
        self._clock = clock

    async def start(
        self,
        principal: Principal,
        name: str,
        *,
        trigger: str = MANUAL,
        ignore_window: bool = False,
    ) -> JobRead:
        """Crawl a source now.

        Raises:
            SourceNotFoundError: the tenant has no such source.
            SourceClosedError: it is switched off, or its window is closed.
            SourceBusyError: a crawl of it has not ended yet.
        """
        if not principal.may(Role.EDITOR):
            raise ForbiddenError("crawling needs a principal with the role 'editor'")
        async with self._database.begin(principal) as tx:
            source = found(await tx.sources.by_name(name), name)
            await tx.sources.lock(source.id)
            self._require_open(source, ignore_window=ignore_window)
            running = await tx.crawl_jobs.open(source.id, besides=PUSH)
            if running is not None:
                raise SourceBusyError(
                    f"the job {running.job_id} is crawling {name!r}; "
                    "`cicerone jobs watch` follows it, `cicerone jobs cancel` stops it"
                )
            job = await self._record(tx, source, trigger, {"ignore_window": ignore_window})
        await self._jobs.hand_over(principal, job.job_id)
        return job

    async def bring(
        self,
        principal: Principal,
        source_id: str,
        what: Mapping[str, Any],
        *,
        job_id: str | None = None,
    ) -> JobRead:
        """Take in what was brought (`delivered`), or look at some items alone (`only`)."""
        async with self._database.begin(principal) as tx:
            source = found(await tx.sources.get(source_id), source_id)
            job = await self._record(tx, source, PUSH, what, job_id=job_id)
        await self._jobs.hand_over(principal, job.job_id)
        return job

    async def tick(self) -> list[JobRead]:
        """Start the crawls that are due; of many servers that do so, one starts each."""
        moment = self._clock()
        async with self._database.unscoped(read_only=True) as everyone:
            due = list(await everyone.sources.due(moment))
        started = [await self._start_due(source, moment) for source in due]
        return [job for job in started if job is not None]

    async def _start_due(self, source: Source, moment: datetime) -> JobRead | None:
        principal, due = principal_of(source), source.next_crawl_at
        if due is None:
            return None
        window = window_of_source(source)
        is_open = window is None or window.is_open(moment)
        try:
            later = window.opens_at(moment) if window and not is_open else due_after(source, moment)
        except SourceInvalidError as error:
            log.warning("schedule.invalid", source=source.name, error=str(error))
            later, is_open = None, False
        async with self._database.begin(principal) as tx:
            if not await tx.sources.claim(source.id, due, later) or not is_open:
                return None
            if await tx.crawl_jobs.open(source.id, besides=PUSH) is not None:
                log.info("crawl.still_running", source=source.name)
                return None
            job = await self._record(tx, source, SCHEDULE, {})
        await self._jobs.hand_over(principal, job.job_id)
        return job

    async def _record(
        self,
        tx: Transaction,
        source: Source,
        trigger: str,
        what: Mapping[str, Any],
        *,
        job_id: str | None = None,
    ) -> JobRead:
        """Write down the job and the visit together, so that neither is there alone."""
        collection = await tx.collections.by_id(source.collection_id)
        job = await tx.jobs.create(
            CRAWL,
            {"source_id": source.id, **what},
            collection=collection.name if collection else None,
            total=len(_brought(what)),
            max_attempts=self._max_attempts,
            id=job_id,
        )
        await tx.crawl_jobs.begin(
            job.id, source.id, trigger=trigger, rules_version=source.rules_version
        )
        return job_read(job)

    def _require_open(self, source: Source, *, ignore_window: bool) -> None:
        if not source.enabled:
            raise SourceClosedError(
                f"the source {source.name!r} is switched off; "
                f"`cicerone sources update {source.name} --enabled` switches it on"
            )
        window = window_of_source(source)
        if window is None or ignore_window:
            return
        opens = window.opens_at(self._clock())
        if not window.is_open(self._clock()):
            raise SourceClosedError(
                f"the crawl window of {source.name!r} opens at "
                f"{opens.astimezone(window.zone).isoformat(timespec='minutes')}; "
                "--ignore-window crawls all the same"
            )


def _brought(what: Mapping[str, Any]) -> Sequence[Any]:
    found: Sequence[Any] = what.get("delivered") or what.get("only") or ()
    return found


def window_of_source(source: Source) -> Window | None:
    """Return the window in which a source may be crawled."""
    return window_of(source.window_start, source.window_end, source.timezone)


def due_after(source: Source, moment: datetime) -> datetime | None:
    """Return when a source is crawled next after a moment by its schedule."""
    return next_crawl(source.schedule, source.timezone, window_of_source(source), moment)


def principal_of(source: Source) -> Principal:
    """Return the principal that acts for a source when no person does."""
    return Principal(
        tenant_id=source.tenant_id,
        subject=f"source:{source.name}",
        roles=frozenset({Role.EDITOR}),
    )


def found(source: Source | None, name: str) -> Source:
    """Return the source.

    Raises:
        SourceNotFoundError: there is none.
    """
    if source is None:
        raise SourceNotFoundError(f"no source {name!r}; `cicerone sources list` shows them")
    return source
