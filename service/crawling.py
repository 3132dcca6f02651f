"""The job that crawls a source."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, suppress
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import anyio.to_thread
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from data.columns import now
from data.database import Database
from data.models import Source
from graphs.ingest.control import BatchControl
from graphs.ingest.graph import IngestGraph
from providers.errors import ProviderError
from providers.principal import Principal
from providers.source.types import Arrival, Fetched, Gone, Validators
from service.crawl_records import CrawlOf, DeleteDocument, Recorder
from service.crawls import Clock, found, window_of_source
from service.errors import CapabilityDisabledError
from service.known_items import read_known, validators_of
from service.page_visits import visiting
from service.reporting import JobStoppedError, Reporter
from service.schemas import JobStatus
from service.source_options import build_source
from service.source_schemas import CrawlReport
from service.source_views import crawl_read

WAITING = 256
"""Arrivals between the crawl and the ingestion, and at most in one batch."""
FILES = 32
"""Files of them, which lie on the disk meanwhile."""
_LOOK_S = 0.2


class CrawlHandler:
    """Looks at a source, and takes in what is new; doing it again changes nothing."""

    def __init__(
        self,
        graph: IngestGraph | None,
        database: Database,
        delete_document: DeleteDocument,
        *,
        spool: Path,
        concurrency: int,
        clock: Clock = now,
    ) -> None:
        self._graph = graph
        self._database = database
        self._delete = delete_document
        self._spool = spool
        self._concurrency = concurrency
        self._clock = clock

    async def __call__(
        self, principal: Principal, payload: Mapping[str, Any], reporter: Reporter
    ) -> dict[str, Any]:
        """Crawl the source, or take in what the payload names, and report what came of it."""
        if self._graph is None:
            raise CapabilityDisabledError("nothing can be ingested: parser.enabled is false")
        started = perf_counter()
        folder = self._spool / f"crawl-{reporter.job_id}"
        await anyio.to_thread.run_sync(_empty, folder)
        try:
            crawl = await self._begin(principal, payload["source_id"], reporter.job_id)
            recorder = Recorder(
                self._database,
                self._graph,
                self._delete,
                crawl,
                reporter,
                concurrency=self._concurrency,
            )
            paused = await self._run(payload, crawl, recorder, folder)
        finally:
            await anyio.to_thread.run_sync(lambda: shutil.rmtree(folder, ignore_errors=True))
        seconds = round(perf_counter() - started, 3)
        return await self._end(payload, crawl, reporter.job_id, paused=paused, seconds=seconds)

    async def clean(
        self, principal: Principal, job_id: str, payload: Mapping[str, Any], status: JobStatus
    ) -> None:
        """Remove what was delivered, unless the job may be tried again."""
        if status not in {JobStatus.CANCELLED, JobStatus.FAILED}:
            await anyio.to_thread.run_sync(_remove_delivered, payload)

    async def _begin(self, principal: Principal, source_id: str, job_id: str) -> CrawlOf:
        async with self._database.begin(principal) as tx:
            source = found(await tx.sources.get(source_id), source_id)
            names = await tx.provenance.names_of(
                vendor_id=source.vendor_id,
                product_id=source.product_id,
                licence_id=source.licence_id,
            )
            collection = await tx.collections.by_id(source.collection_id)
            rules_version = source.rules_version or ""
            visit = await tx.crawl_jobs.restart(job_id, rules_version)
        return CrawlOf(
            principal=principal,
            source=source,
            collection=collection.name if collection else "default",
            licence=names["licence"],
            vendor=names["vendor"],
            product=names["product"],
            rules_version=rules_version,
            since=visit.created_at if visit else self._clock(),
        )

    async def _run(
        self, payload: Mapping[str, Any], crawl: CrawlOf, recorder: Recorder, folder: Path
    ) -> bool:
        """Work through the arrivals; tell whether the window closed before the end."""
        if "delivered" in payload:
            await recorder.take([_delivered(one) for one in payload["delivered"]])
            _heed(recorder.control)
            return False
        seconds = self._seconds_left(crawl.source, payload)
        while True:
            before = recorder.released
            paused = await self._walk(payload, crawl, recorder, folder, seconds)
            # A copy that was left out is taken in when the original has gone.
            if paused or recorder.released == before:
                return paused

    async def _walk(
        self,
        payload: Mapping[str, Any],
        crawl: CrawlOf,
        recorder: Recorder,
        folder: Path,
        seconds: float | None,
    ) -> bool:
        control = recorder.control
        only: list[str] | None = payload.get("only")
        source, principal = crawl.source, crawl.principal
        plugin = build_source(source.plugin, visiting(source.options, only))
        known: Mapping[str, Validators]
        try:
            if only is None:
                path = folder / "known.db"
                await anyio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))
                items = known = await read_known(self._database, principal, source.id, path)
            else:
                items, known = None, await self._known_of(principal, source, only)
            try:
                return await _pump(plugin.crawl(known, folder), recorder, control, seconds)
            finally:
                if items is not None:
                    items.close()
        finally:
            await plugin.aclose()

    async def _known_of(
        self, principal: Principal, source: Source, uris: list[str]
    ) -> dict[str, Validators]:
        async with self._database.begin(principal, read_only=True) as tx:
            rows = await tx.source_items.of(source.id, uris)
        return {uri: validators_of(row) for uri, row in rows.items()}

    def _seconds_left(self, source: Source, payload: Mapping[str, Any]) -> float | None:
        window = window_of_source(source)
        if window is None or payload.get("ignore_window") or not _whole(payload):
            return None
        moment = self._clock()
        if not window.is_open(moment):
            return 0.0
        return (window.closes_at(moment) - moment).total_seconds()

    async def _end(
        self,
        payload: Mapping[str, Any],
        crawl: CrawlOf,
        job_id: str,
        *,
        paused: bool,
        seconds: float,
    ) -> dict[str, Any]:
        source, moment = crawl.source, self._clock()
        async with self._database.begin(crawl.principal) as tx:
            await tx.crawl_jobs.finish(job_id)
            if _whole(payload):
                await tx.sources.change(source.id, {"last_crawl_at": moment})
            window = window_of_source(source)
            if paused and window is not None and source.enabled:
                # What is left is fetched when the window opens; what was ingested is known.
                await tx.sources.change(source.id, {"next_crawl_at": window.opens_at(moment)})
            visit = await tx.crawl_jobs.get(job_id)
        if visit is None:
            return {}
        read = crawl_read(visit, source.name).model_dump()
        report = CrawlReport(**read, paused=paused, seconds=seconds)
        return report.model_dump(mode="json")


async def _pump(
    arrivals: AsyncIterator[Arrival],
    recorder: Recorder,
    control: BatchControl,
    seconds: float | None,
) -> bool:
    """Let the crawl run ahead of the ingestion by a bounded number of arrivals and files."""
    send, receive = anyio.create_memory_object_stream[Arrival](WAITING)
    files = asyncio.Semaphore(FILES)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_consume(receive, recorder, files))
            limit = asyncio.timeout(seconds)
            asking = tasks.create_task(_stop_when_asked(control, limit))
            ending = await _produce(arrivals, send, files, limit)
            asking.cancel()
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from group
    _heed(control)
    if isinstance(ending, ProviderError):
        raise ending
    return ending


async def _produce(
    arrivals: AsyncIterator[Arrival],
    send: MemoryObjectSendStream[Arrival],
    files: asyncio.Semaphore,
    limit: asyncio.Timeout,
) -> bool | ProviderError:
    """Pass the arrivals on; return whether time ran out, or why the source could not be read."""
    async with send:
        try:
            async with limit, aclosing(cast("AsyncGenerator[Arrival, None]", arrivals)) as stream:
                async for arrival in stream:
                    if isinstance(arrival, Fetched):
                        await files.acquire()
                    await send.send(arrival)
        except TimeoutError:
            if not limit.expired():
                raise
            return True
        except ProviderError as error:
            return error  # what had arrived before is taken in all the same
    return False


async def _stop_when_asked(control: BatchControl, limit: asyncio.Timeout) -> None:
    """Let time run out when the job is asked to stop, however long the next arrival takes."""
    while True:
        await asyncio.sleep(_LOOK_S)
        if control.drain_requested:
            break
    with suppress(RuntimeError):  # it has run out already
        limit.reschedule(asyncio.get_running_loop().time())


def _heed(control: BatchControl) -> None:
    """Stop between two steps when the job is asked to; what is left is done the next time."""
    if control.drain_requested:
        raise JobStoppedError


async def _consume(
    receive: MemoryObjectReceiveStream[Arrival], recorder: Recorder, files: asyncio.Semaphore
) -> None:
    async with receive:
        async for first in receive:
            batch = [first]
            while len(batch) < WAITING:
                try:
                    batch.append(receive.receive_nowait())
                except (anyio.WouldBlock, anyio.EndOfStream):
                    break
            await recorder.take(batch)
            taken = [arrival.path for arrival in batch if isinstance(arrival, Fetched)]
            await anyio.to_thread.run_sync(_unlink, taken)
            for _ in taken:
                files.release()


def _unlink(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _whole(payload: Mapping[str, Any]) -> bool:
    return not ({"delivered", "only"} & payload.keys())


def _delivered(given: Mapping[str, Any]) -> Arrival:
    if given.get("gone"):
        return Gone(uri=given["uri"], why="the partner withdrew it")
    return Fetched(
        uri=given["uri"],
        name=given["name"],
        path=Path(given["path"]),
        media_type=given["media_type"],
        size=given["size"],
        sha256=given["sha256"],
    )


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _remove_delivered(payload: Mapping[str, Any]) -> None:
    for given in payload.get("delivered", ()):
        if "path" in given:
            shutil.rmtree(Path(given["path"]).parent, ignore_errors=True)
