"""Takes in what a crawl brings: ingests it, and writes down what became of each item."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Any

from data.columns import now
from data.database import Database, Transaction
from data.errors import DocumentGoneError
from data.models import CrawlJob, DocumentStatus, ItemState, OnGone, Source, SourceItem
from data.models.sources import URI_CHARS
from data.repositories.crawl_jobs import CONTENT, TEXT
from graphs.ingest import events
from graphs.ingest.batch import Batch
from graphs.ingest.control import BatchControl
from graphs.ingest.graph import IngestGraph
from graphs.ingest.naming import display_name
from graphs.ingest.state import IngestInput, Provenance
from providers.principal import Principal
from providers.source.types import Arrival, Failed, Fetched, Gone, Skipped, Unchanged
from service.errors import DocumentNotFoundError
from service.reporting import Reporter

DeleteDocument = Callable[[Principal, str], Awaitable[None]]
PROGRESS = "crawl.progress"
_STATES: Mapping[str, ItemState] = {
    DocumentStatus.INDEXED: ItemState.INDEXED,
    DocumentStatus.UNCHANGED: ItemState.INDEXED,
    DocumentStatus.DUPLICATE: ItemState.DUPLICATE,
    DocumentStatus.QUARANTINED: ItemState.QUARANTINED,
}
_COUNTED = ("fetched", "unchanged", "gone", "skipped", "failed")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawlOf:
    """A source that is being crawled, for whom, and the names that its columns stand for."""

    principal: Principal
    source: Source
    collection: str
    licence: str | None
    vendor: str | None
    product: str | None
    rules_version: str
    since: datetime


@dataclass(slots=True)
class _Tally:
    """What a batch comes to: items by outcome and reason."""

    counts: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, outcome: str, reason: str, count: int = 1) -> None:
        if count:
            self.counts.setdefault(outcome, Counter())[reason] += count


class Recorder:
    """Works through the arrivals of one crawl, a batch at a time.

    An item is known to the next crawl only after its ingestion has ended, so that a crawl
    that is killed fetches again what it had not finished, and nothing else.
    """

    def __init__(
        self,
        database: Database,
        graph: IngestGraph,
        delete_document: DeleteDocument,
        crawl: CrawlOf,
        reporter: Reporter,
        *,
        concurrency: int,
    ) -> None:
        self._database = database
        self._graph = graph
        self._delete = delete_document
        self._principal = crawl.principal
        self._crawl = crawl
        self._reporter = reporter
        self._concurrency = concurrency
        self._done = 0
        self.released = 0
        """Items to be looked at again, since the document that had their content has gone."""

    @property
    def control(self) -> BatchControl:
        """What asks the crawl to stop."""
        return self._reporter.control

    async def take(self, batch: Sequence[Arrival]) -> None:
        """Take in some arrivals; each URI occurs once."""
        tally = _Tally()
        short = [arrival for arrival in batch if len(arrival.uri) <= URI_CHARS]
        tally.add("skipped", "uri_too_long", len(batch) - len(short))
        await self._ingest([one for one in short if isinstance(one, Fetched)])
        await self._pass([one for one in short if isinstance(one, Unchanged)], tally)
        for arrival in short:
            if isinstance(arrival, Gone):
                await self._withdraw(arrival.uri, ItemState.GONE, None, arrival.why, tally)
            elif isinstance(arrival, Skipped):
                await self._skip(arrival, tally)
            elif isinstance(arrival, Failed):
                await self._note_failure(arrival, tally)
        await self._count(tally, len(batch))

    async def _ingest(self, fetched: Sequence[Fetched]) -> None:
        """Ingest files; each is written down and counted as soon as its ingestion has ended."""
        if not fetched:
            return
        async with self._database.begin(self._principal) as tx:
            known = await tx.source_items.of(
                self._crawl.source.id, [arrival.uri for arrival in fetched]
            )
            names = await self._names(tx, fetched, known)
        by_name = {names[arrival.uri]: arrival for arrival in fetched}
        inputs = [self._input(arrival, name) for name, arrival in by_name.items()]
        work = Batch(
            self._graph,
            self._principal,
            inputs,
            concurrency=self._concurrency,
            control=self._reporter.control,
        )
        # Closed here and now: a job that is stopped must not go on behind a closed database.
        async with aclosing(work.events()) as told:
            async for event in told:
                if event["type"] == events.FINISHED:
                    arrival = by_name[event["source"]]
                    await self._write(arrival, known.get(arrival.uri), event)

    async def _write(
        self, arrival: Fetched, known: SourceItem | None, event: events.IngestEvent
    ) -> None:
        state = _STATES.get(event["status"], ItemState.FAILED)
        ended = state is not ItemState.FAILED
        row = {
            "uri": arrival.uri,
            "name": event["source"],
            "document_id": event["document_id"] or (known.document_id if known else None),
            "etag": arrival.etag if ended else None,
            "last_modified": arrival.last_modified if ended else None,
            "bytes": arrival.size if ended else None,
            "sha256": arrival.sha256 if ended else None,
            "attributes": dict(arrival.attributes) if ended else None,
            "state": state,
            "reason": event["reason"] if ended else "ingestion",
            "message": event["message"] if state is not ItemState.INDEXED else None,
            "changed_at": now(),
        }
        outcome, reason = _outcome(event["status"], state, known)
        async with self._database.begin(self._principal) as tx:
            await tx.source_items.put(self._crawl.source.id, [row])
            await tx.crawl_jobs.add(
                self._reporter.job_id, {outcome: {reason: 1}}, bytes_fetched=arrival.size
            )
        data = {key: value for key, value in event.items() if key != "type"}
        await self._reporter.event(events.FINISHED, data | {"uri": arrival.uri})

    async def _names(
        self, tx: Transaction, fetched: Sequence[Fetched], known: Mapping[str, SourceItem]
    ) -> dict[str, str]:
        """Name the documents: an item keeps its name, and two items never share one."""
        taken: set[str] = set()
        names: dict[str, str] = {}
        for arrival in fetched:
            item = known.get(arrival.uri)
            name = item.name if item is not None and item.name else None
            if name is None or name in taken:
                name = display_name(arrival.name)
                if name in taken or await self._is_of_another(tx, name, arrival.uri):
                    name = _told_apart(name, arrival.uri)
            taken.add(name)
            names[arrival.uri] = name
        return names

    async def _is_of_another(self, tx: Transaction, name: str, uri: str) -> bool:
        """Tell whether the name belongs to another item; a file that a person added is taken on."""
        source = self._crawl.source
        if await tx.source_items.name_taken(source.id, name, uri):
            return True
        document = await tx.documents.by_source(source.collection_id, name)
        if document is None or document.source_id is None:
            return False
        return (document.source_id, document.source_uri) != (source.id, uri)

    def _input(self, arrival: Fetched, name: str) -> IngestInput:
        crawl = self._crawl
        return IngestInput(
            source=name,
            collection=crawl.collection,
            data_path=arrival.path,
            media_type=arrival.media_type,
            job_id=self._reporter.job_id,
            provenance=Provenance(
                source_id=crawl.source.id,
                uri=arrival.uri,
                licence=arrival.licence or crawl.licence,
                crawl_rules=crawl.rules_version,
                etag=arrival.etag,
                last_modified=arrival.last_modified,
                vendor=crawl.vendor,
                product=crawl.product,
                is_public=crawl.source.is_public,
                fetched_at=now(),
            ),
        )

    async def _pass(self, unchanged: Sequence[Unchanged], tally: _Tally) -> None:
        """Note that items are as they were; those that this very crawl had fetched count once."""
        if not unchanged:
            return
        source_id = self._crawl.source.id
        uris = [arrival.uri for arrival in unchanged]
        async with self._database.begin(self._principal) as tx:
            own = await tx.source_items.changed_since(source_id, uris, self._crawl.since)
            await tx.source_items.seen(source_id, uris)
            for arrival in unchanged:
                await tx.source_items.revalidate(
                    source_id,
                    arrival.uri,
                    etag=arrival.etag,
                    last_modified=arrival.last_modified,
                )
                tally.add("unchanged", arrival.by.value, arrival.uri not in own)

    async def _skip(self, arrival: Skipped, tally: _Tally) -> None:
        """Leave an item out; one that was taken before goes when its owner or ours forbids it."""
        if arrival.reason.withdraws and await self._has(arrival.uri):
            await self._withdraw(
                arrival.uri, ItemState.SKIPPED, arrival.reason, arrival.message, tally
            )
            return
        async with self._database.begin(self._principal) as tx:
            await tx.source_items.note(
                self._crawl.source.id,
                arrival.uri,
                ItemState.SKIPPED,
                arrival.reason.value,
                arrival.message,
            )
        tally.add("skipped", arrival.reason.value)

    async def _note_failure(self, arrival: Failed, tally: _Tally) -> None:
        reason = "transient" if arrival.transient else "permanent"
        async with self._database.begin(self._principal) as tx:
            await tx.source_items.note(
                self._crawl.source.id, arrival.uri, ItemState.FAILED, reason, arrival.message
            )
        tally.add("failed", reason)

    async def _has(self, uri: str) -> bool:
        async with self._database.begin(self._principal, read_only=True) as tx:
            item = (await tx.source_items.of(self._crawl.source.id, [uri])).get(uri)
        return item is not None and item.state not in {ItemState.SKIPPED, ItemState.GONE}

    async def _withdraw(
        self, uri: str, state: ItemState, reason: str | None, message: str, tally: _Tally
    ) -> None:
        """Let a document go with its item; what is forbidden goes whatever the source keeps."""
        source = self._crawl.source
        async with self._database.begin(self._principal, read_only=True) as tx:
            item = (await tx.source_items.of(source.id, [uri])).get(uri)
        if item is None:
            tally.add("gone", "unknown")
            return
        goes = state is ItemState.SKIPPED or source.on_gone is OnGone.DELETE
        own = item.document_id if item.state is not ItemState.DUPLICATE else None
        if own is not None and goes:
            await self._remove(own)
        async with self._database.begin(self._principal) as tx:
            if own is not None and goes:
                self.released += await tx.source_items.release_duplicates(own)
            await tx.source_items.withdraw(source.id, uri, state, reason=reason, message=message)
        if state is ItemState.SKIPPED:
            tally.add("skipped", reason or "withdrawn")
        tally.add("gone", "deleted" if own is not None and goes else "kept")

    async def _remove(self, document_id: str) -> None:
        try:
            await self._delete(self._principal, document_id)
        except (DocumentNotFoundError, DocumentGoneError):
            return  # a person deleted it before

    async def _count(self, tally: _Tally, seen: int) -> None:
        self._done += seen
        async with self._database.begin(self._principal) as tx:
            crawl = await tx.crawl_jobs.add(self._reporter.job_id, tally.counts)
        await self._reporter.event(PROGRESS, _told(crawl), done=self._done)


def _told(crawl: CrawlJob | None) -> dict[str, Any]:
    return {} if crawl is None else {name: getattr(crawl, name) for name in _COUNTED}


def _outcome(status: str, state: ItemState, known: SourceItem | None) -> tuple[str, str]:
    """Return what a file counts as that was read, and why."""
    if state is ItemState.FAILED:
        return "failed", "ingestion"
    if status == DocumentStatus.UNCHANGED:
        return "unchanged", TEXT if known is not None and known.sha256 else CONTENT
    return "fetched", status


def _told_apart(name: str, uri: str) -> str:
    """Add to a name what makes it this item's: eight digits of the hash of its URI."""
    path = PurePosixPath(name)
    digest = sha256(uri.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return display_name(str(path.with_name(f"{path.stem}~{digest}{path.suffix}")))
