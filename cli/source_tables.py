"""Tables of sources, items and crawls for people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.console import Console

from cli.tables import table
from service.source_schemas import (
    CrawlHistory,
    CrawlRead,
    ItemPage,
    SourceList,
    SourcePut,
    SourceRead,
)

_OUTCOMES = ("fetched", "unchanged", "gone", "skipped", "failed")


def draw_sources(out: Console, found: SourceList) -> None:
    """Draw one row a source."""
    rows = table("source", "plugin", "collection", "schedule", "state", "last crawl", "next crawl")
    for source in found.sources:
        rows.add_row(
            source.name,
            source.plugin,
            source.collection,
            source.schedule,
            "watched" if source.watch else "enabled" if source.enabled else "disabled",
            _moment(source.last_crawl_at),
            _moment(source.next_crawl_at),
        )
    out.print(rows.grid)


def draw_source(out: Console, source: SourceRead) -> None:
    """Draw one source."""
    rows = table("field", "value")
    for name, value in source.model_dump(mode="json").items():
        shown = _counts(value) if isinstance(value, Mapping) else value
        rows.add_row(name, None if shown is None else str(shown))
    out.print(rows.grid)


def draw_items(out: Console, page: ItemPage) -> None:
    """Draw one row an item."""
    rows = table("uri", "state", "why", "document", "bytes", "seen")
    for item in page.items:
        why = " ".join(part for part in (item.reason, item.message) if part)
        rows.add_row(
            item.uri, item.state.value, why, item.document_id, item.bytes, _moment(item.seen_at)
        )
    out.print(rows.grid)
    if page.next is not None:
        out.print(f"more: --after '{page.next}'", markup=False)


def draw_history(out: Console, history: CrawlHistory) -> None:
    """Draw one row a crawl."""
    rows = table("job", "trigger", "begun", "ended", *_OUTCOMES, "bytes")
    for crawl in history.crawls:
        rows.add_row(
            crawl.job_id,
            crawl.trigger,
            _moment(crawl.created_at),
            _moment(crawl.finished_at),
            *(getattr(crawl, name) for name in _OUTCOMES),
            crawl.bytes_fetched,
        )
    out.print(rows.grid)


def draw_crawl(out: Console, crawl: CrawlRead) -> None:
    """Draw how many items had which outcome, and why."""
    rows = table("outcome", "items", "why")
    for name in _OUTCOMES:
        rows.add_row(name, getattr(crawl, name), _counts(crawl.reasons.get(name, {})))
    out.print(rows.grid)


def draw_applied(out: Console, done: Sequence[SourcePut]) -> None:
    """Draw one row a source that was declared."""
    rows = table("source", "outcome")
    for put in done:
        rows.add_row(put.source.name, put.outcome)
    out.print(rows.grid)


def _counts(found: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(found.items()))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(sep=" ", timespec="seconds")
