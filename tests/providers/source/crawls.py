"""Short ways to crawl in tests."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from providers.protocols import Source
from providers.registry import SOURCE, load
from providers.source.types import Arrival, Fetched, Gone, Skipped, Validators
from tests.providers.source.site import Served
from tests.providers.source.worlds import LOOPBACK

Known = dict[str, Validators]


def web(served: Served, *paths: str, **options: Any) -> Source:
    """Build a web source that starts at the paths."""
    given = {
        "start": [served.root + path for path in paths],
        "allow_networks": LOOPBACK,
        "ports": [served.port],
        "delay_s": 0,
        "retries": 0,
    }
    return load(SOURCE, "web", {**given, **options})


async def crawl(
    source: Source, into: Path, known: Mapping[str, Validators] | None = None
) -> list[Arrival]:
    """Crawl to the end."""
    return [arrival async for arrival in source.crawl(known or {}, into)]


async def only(
    source: Source, into: Path, known: Mapping[str, Validators] | None = None
) -> Arrival:
    """Crawl, and return the single arrival."""
    (arrival,) = await crawl(source, into, known)
    return arrival


def remember(known: Known, arrivals: Iterable[Arrival]) -> None:
    """Keep what a service keeps, and take the files away."""
    for arrival in arrivals:
        if isinstance(arrival, Fetched):
            arrival.path.unlink()
            known[arrival.uri] = Validators(
                etag=arrival.etag,
                last_modified=arrival.last_modified,
                size=arrival.size,
                sha256=arrival.sha256,
                attributes=arrival.attributes,
            )
        elif isinstance(arrival, Gone):
            known.pop(arrival.uri, None)


def outcomes(arrivals: Iterable[Arrival]) -> Counter[str]:
    """Count the arrivals by kind, and the skipped ones by reason."""
    return Counter(
        arrival.reason.value if isinstance(arrival, Skipped) else type(arrival).__name__
        for arrival in arrivals
    )
