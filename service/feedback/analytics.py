"""How searches went: what is asked most, what finds nothing, what is opened."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

import anyio.to_thread

from data.database import Database
from data.models import SearchEvent, Signal, SignalKind
from providers.principal import Principal
from service.feedback.search_log import SearchLog
from service.feedback.shapes import QueryCount, SearchAnalytics
from service.feedback.signals import require_admin

MOST_ROWS = 100_000
"""Searches that are looked at, the oldest of the time first."""
TOP = 10
REFORMULATION = timedelta(minutes=5)
"""Within this, another question of the same person with some of the same words is the same one."""
_SHARED = 0.3


class Analytics:
    """Reads the searches of a tenant."""

    def __init__(self, database: Database, searches: SearchLog) -> None:
        self._database = database
        self._searches = searches

    async def searches(self, principal: Principal, days: int) -> SearchAnalytics:
        """Tell how the searches of the last days went.

        Raises:
            ForbiddenError: the principal is no administrator.
        """
        require_admin(principal)
        await self._searches.flush()
        since = datetime.now(UTC) - timedelta(days=days)
        async with self._database.begin(principal, read_only=True) as tx:
            events = await tx.feedback.searches(since, MOST_ROWS)
            signals = await tx.feedback.since(since, MOST_ROWS)
        return await anyio.to_thread.run_sync(analyse, events, signals, days)


def analyse(events: Sequence[SearchEvent], signals: Sequence[Signal], days: int) -> SearchAnalytics:
    """Count; both lists are in order of time."""
    clicks = _first_clicks(signals)
    nothing = [event for event in events if event.abstained or not event.hits]
    waits = [
        (clicks[event.trace_id] - event.created_at).total_seconds()
        for event in events
        if event.trace_id in clicks
    ]
    kinds = Counter(signal.kind for signal in signals)
    again = reformulations(events) | {
        s.trace_id for s in signals if s.kind is SignalKind.REFORMULATION
    }
    return SearchAnalytics(
        days=days,
        searches=len(events),
        null_results=len(nothing),
        null_rate=_share(len(nothing), len(events)),
        click_through_rate=_share(len(waits), len(events)),
        reformulation_rate=_share(len(again), len(events)),
        # Clocks of two servers may differ: nobody clicks before the search.
        seconds_to_click=round(max(median(waits), 0.0), 2) if waits else None,
        copies=kinds[SignalKind.COPY],
        up=kinds[SignalKind.UP],
        down=kinds[SignalKind.DOWN],
        top_queries=_top(events, clicks),
        top_null_queries=_top(nothing, clicks),
    )


def reformulations(events: Sequence[SearchEvent]) -> set[str]:
    """Return the traces that were asked again in other words, a little later."""
    last: dict[str, SearchEvent] = {}
    found = set()
    for event in events:
        before = last.get(event.subject)
        if before is not None and _same_wish(before, event):
            found.add(before.trace_id)
        last[event.subject] = event
    return found


def _same_wish(one: SearchEvent, other: SearchEvent) -> bool:
    if other.created_at - one.created_at > REFORMULATION or one.collection != other.collection:
        return False
    ours, theirs = set(_plain(one.query).split()), set(_plain(other.query).split())
    return ours != theirs and len(ours & theirs) >= _SHARED * min(len(ours), len(theirs))


def _first_clicks(signals: Iterable[Signal]) -> dict[str, datetime]:
    first: dict[str, datetime] = {}
    for signal in signals:
        if signal.kind is SignalKind.CLICK:
            first.setdefault(signal.trace_id, signal.created_at)
    return first


def _top(events: Sequence[SearchEvent], clicks: dict[str, datetime]) -> list[QueryCount]:
    times = Counter(_plain(event.query) for event in events)
    clicked = Counter(_plain(event.query) for event in events if event.trace_id in clicks)
    return [
        QueryCount(query=query, times=count, clicked=round(clicked[query] / count, 4))
        for query, count in times.most_common(TOP)
    ]


def _plain(query: str) -> str:
    return " ".join(query.casefold().rstrip("?!. ").split())


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
