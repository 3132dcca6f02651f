"""Runs work by the clock; of several servers on one database, one takes each tick."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import structlog

from data.database import Database
from service.correlation import start_trace
from service.errors import SettingsError

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler
    from apscheduler.triggers.cron import CronTrigger

log = structlog.get_logger("cicerone.scheduler")

LATE = timedelta(hours=1)
"""A tick that is older than this is left out: the machine slept through it."""
Work = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class _Task:
    cron: str
    timezone: str
    work: Work


class Scheduler:
    """Tasks with a cron expression each; a failure is logged and the next tick comes.

    The library behind it is imported at the start, and only when there is a task.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tasks: dict[str, _Task] = {}
        self._clock: AsyncIOScheduler | None = None
        self._running: set[asyncio.Task[None]] = set()

    async def add(self, name: str, cron: str, work: Work, *, timezone: str = "UTC") -> None:
        """Run `work` when the clock says so; a task of the same name is replaced.

        Args:
            name: What servers that share a database call it, too; at most 64 characters.
            cron: Minute, hour, day of month, month and day of week; name the days (`mon`).
            work: Called without arguments; it may take longer than to the next tick.
            timezone: Name of the time zone that the expression is in.

        Raises:
            SettingsError: the expression or the time zone is wrong.
        """
        task = _Task(cron, timezone, work)
        await anyio.to_thread.run_sync(_trigger, name, task)
        self._tasks[name] = task
        if self._clock is not None:
            self._schedule(self._clock, name, task)

    def remove(self, name: str) -> None:
        """Forget a task; an unknown one is fine."""
        if self._tasks.pop(name, None) is not None and self._clock is not None:
            self._clock.remove_job(name)

    async def start(self) -> None:
        """Let the clock run."""
        clock = await anyio.to_thread.run_sync(_make_clock)
        for name, task in self._tasks.items():
            self._schedule(clock, name, task)
        clock.start()
        self._clock = clock

    async def run(self, name: str, tick: datetime | None = None) -> bool:
        """Do a task's work now, unless another server took this tick; tell whether it was done."""
        task = self._tasks[name]
        moment = tick or datetime.now(UTC)
        async with self._database.unscoped() as transaction:
            if not await transaction.schedules.claim(name, moment):
                return False
        start_trace()
        try:
            await task.work()
        except Exception:
            log.exception("schedule.failed", task=name)
            return False
        return True

    async def run_due(self) -> None:
        """Do what is due, for a process that is told the time from outside."""
        now = datetime.now(UTC)
        for name, task in list(self._tasks.items()):
            due = _last(await anyio.to_thread.run_sync(_trigger, name, task), now)
            if due is not None:
                await self.run(name, due)

    async def aclose(self) -> None:
        """Stop the clock, and the work that it began."""
        if self._clock is not None:
            self._clock.shutdown(wait=False)
            self._clock = None
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _schedule(self, clock: "AsyncIOScheduler", name: str, task: _Task) -> None:
        clock.add_job(
            self._tick,
            _trigger(name, task),
            args=[name],
            id=name,
            replace_existing=True,
            coalesce=True,
            misfire_grace_time=int(LATE.total_seconds()),
        )

    async def _tick(self, name: str) -> None:
        task = self._tasks.get(name)
        current = asyncio.current_task()
        if task is None or current is None:
            return
        self._running.add(current)
        try:
            await self.run(name, _due(_trigger(name, task), datetime.now(UTC)))
        finally:
            self._running.discard(current)


def _make_clock() -> "AsyncIOScheduler":
    from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - a server's only

    return AsyncIOScheduler(timezone=UTC)


def _trigger(name: str, task: _Task) -> "CronTrigger":
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415 - a server's only

    try:
        return CronTrigger.from_crontab(task.cron, timezone=task.timezone)
    except (ValueError, KeyError) as error:
        raise SettingsError(
            f"schedules: {task.cron!r} of {name!r} cannot be read: {error}"
        ) from error


def _due(trigger: "CronTrigger", now: datetime) -> datetime:
    """Return the last time at which the trigger fired: the same one on every server."""
    return _last(trigger, now) or now


def _last(trigger: "CronTrigger", now: datetime) -> datetime | None:
    """Return the last time at which the trigger fired; None when that is too long ago."""
    due, last = trigger.get_next_fire_time(None, now - LATE), None
    while due is not None and due <= now:
        last, due = due, trigger.get_next_fire_time(due, due + timedelta(seconds=1))
    return last.astimezone(UTC) if last is not None else None
