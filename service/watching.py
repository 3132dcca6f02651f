"""Follows sources by the clock and by their changes, for as long as a server runs."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

import structlog

from data.database import Database
from data.errors import DatabaseError
from data.models import Source
from providers.errors import ProviderError
from providers.principal import Principal, Role
from providers.protocols import Watchable
from service.crawls import WATCH, Crawls, found, principal_of
from service.errors import (
    ForbiddenError,
    ServiceError,
    SourceBusyError,
    SourceClosedError,
    SourceInvalidError,
)
from service.jobs import Jobs
from service.schemas import JobRead
from service.source_options import build_source

TICK_S: Final = 5.0
"""How late a crawl may start, and how soon a source is watched that was set so."""
_AGAIN_S: Final = 30.0
log = structlog.get_logger("cicerone.sources")


class Watching:
    """Crawls a source whenever it says that it has changed."""

    def __init__(self, database: Database, crawls: Crawls, jobs: Jobs) -> None:
        self._database = database
        self._crawls = crawls
        self._jobs = jobs

    async def watch(self, principal: Principal, name: str) -> AsyncGenerator[JobRead, None]:
        """Crawl at once and then at each change; yields each crawl when it has ended.

        Raises:
            SourceNotFoundError: the tenant has no such source.
            SourceInvalidError: its plugin cannot tell that it has changed.
        """
        if not principal.may(Role.EDITOR):
            raise ForbiddenError("watching needs a principal with the role 'editor'")
        async with self._database.begin(principal, read_only=True) as tx:
            source = found(await tx.sources.by_name(name), name)
        plugin = build_source(source.plugin, source.options)
        try:
            if not isinstance(plugin, Watchable):
                raise SourceInvalidError(
                    f"plugin: {source.plugin!r} cannot be watched; give the source a schedule"
                )
            async with aclosing(_bursts(plugin.watch())) as bursts:
                async for _ in bursts:
                    yield await self._crawl(principal, name)
        finally:
            await plugin.aclose()

    async def _crawl(self, principal: Principal, name: str) -> JobRead:
        """Crawl once whatever is under way has ended, since that may have passed the change."""
        while True:
            try:
                job = await self._crawls.start(principal, name, trigger=WATCH)
            except SourceBusyError:
                await asyncio.sleep(1)
                continue
            async for _ in self._jobs.events(principal, job.job_id):
                pass
            return await self._jobs.get(principal, job.job_id)


async def _bursts(changes: AsyncIterator[frozenset[str]]) -> AsyncGenerator[None, None]:
    """Yield at once and after each burst of changes; none is missed while the caller works."""
    coming = asyncio.ensure_future(anext(changes))
    try:
        while True:
            await asyncio.sleep(0)  # let the watching begin before anybody looks
            yield
            await coming
            coming = asyncio.ensure_future(anext(changes))
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


class SourceClock:
    """Starts what is due, and watches what is to be watched."""

    def __init__(self, database: Database, crawls: Crawls, watching: Watching) -> None:
        self._database = database
        self._crawls = crawls
        self._watching = watching
        self._watched: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tick."""
        self._task = asyncio.create_task(self._run(), name="sources")

    async def aclose(self) -> None:
        """Stop; a crawl that was started goes on in its job."""
        tasks = [*self._watched.values(), *([self._task] if self._task else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                await self._crawls.tick()
                await self._refresh()
            except (DatabaseError, ServiceError) as error:
                log.warning("sources.tick_failed", error=str(error))
            await asyncio.sleep(TICK_S)

    async def _refresh(self) -> None:
        """Watch the sources that are to be watched, and no others."""
        async with self._database.unscoped(read_only=True) as everyone:
            rows = {(row.tenant_id, row.name): row for row in await everyone.sources.watched()}
        for key in self._watched.keys() - rows.keys():
            self._watched.pop(key).cancel()
        for key, row in rows.items():
            task = self._watched.get(key)
            if task is None or task.done():
                self._watched[key] = asyncio.create_task(self._follow(row), name=f"watch {key[1]}")

    async def _follow(self, source: Source) -> None:
        principal = principal_of(source)
        try:
            async with aclosing(self._watching.watch(principal, source.name)) as crawls:
                async for job in crawls:
                    log.info("source.changed", source=source.name, job_id=job.job_id)
        except SourceClosedError:
            await asyncio.sleep(_AGAIN_S)
        except (ServiceError, ProviderError, DatabaseError) as error:
            log.warning("source.not_watched", source=source.name, error=str(error))
            await asyncio.sleep(_AGAIN_S)
