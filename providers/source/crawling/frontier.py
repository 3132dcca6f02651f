"""What is still to be visited: each address once, within the rules, hosts in turn."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from providers.source.crawling.options import CrawlOptions
from providers.source.crawling.urls import looks_like_a_trap, pattern_of, within
from providers.source.fetching.outcomes import LeftOut
from providers.source.fetching.pace import Pace
from providers.source.patterns import chosen
from providers.source.types import Skipped, SkipReason

_SEEN_PER_PAGE = 50
"""A crawl remembers this many addresses for each page that it may visit."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A page to look at, `depth` clicks away from a start."""

    uri: str
    depth: int


class Frontier:
    """The addresses of one crawl; `listed` ones stand in a sitemap, or were taken before."""

    def __init__(self, options: CrawlOptions, pace: Pace) -> None:
        self._options = options
        self._prefixes = options.prefixes
        self._pace = pace
        self._memory = _SEEN_PER_PAGE * options.max_pages
        self._queues: dict[str, deque[Visit]] = {}
        self._seen: set[int] = set()
        self._too_deep: dict[str, int] = {}
        self._patterns: Counter[str] = Counter()
        self._visits = 0
        self._left_out: list[Skipped] = []

    def offer(self, uri: str, depth: int, *, listed: bool = False) -> None:
        """Take an address in; the same again is nothing new."""
        if depth > self._options.max_depth and not listed:
            if len(self._too_deep) < self._memory:
                self._too_deep.setdefault(uri, depth)
            return
        if not self.claim(uri):
            return
        self._too_deep.pop(uri, None)
        try:
            self.check(uri)
            self._check_trap(uri, listed=listed)
        except LeftOut as ending:
            self._left_out.append(Skipped(uri=uri, reason=ending.reason, message=str(ending)))
            return
        self._queues.setdefault(urlsplit(uri).netloc, deque()).append(Visit(uri, depth))

    def claim(self, uri: str) -> bool:
        """Mark an address as dealt with; False when it was before, or when memory is short."""
        mark = hash(uri)
        if mark in self._seen or len(self._seen) >= self._memory:
            return False
        self._seen.add(mark)
        return True

    def check(self, uri: str) -> None:
        """Let an address pass that lies within the rules.

        Raises:
            LeftOut: it lies elsewhere.
        """
        if not within(uri, self._prefixes):
            raise LeftOut(
                SkipReason.OUTSIDE, f"{uri} does not lie below {' or '.join(self._prefixes)}"
            )
        if not chosen(urlsplit(uri).path.lstrip("/"), (), self._options.exclude):
            raise LeftOut(SkipReason.OUTSIDE, f"{uri} matches a pattern in exclude")

    def next(self) -> Visit | None:
        """Return the next page, of the host that may be asked soonest; None at the end."""
        waiting = [host for host, queue in self._queues.items() if queue]
        if not waiting or self._visits >= self._options.max_pages:
            return None
        self._visits += 1
        return self._queues[min(waiting, key=self._pace.due)].popleft()

    def left_out(self) -> list[Skipped]:
        """Hand out what was left out since the last call."""
        found, self._left_out = self._left_out, []
        return found

    def remaining(self) -> Iterator[Skipped]:
        """Say at the end of a crawl what was not visited, and why."""
        for queue in self._queues.values():
            for visit in queue:
                message = f"the crawl ends after {self._options.max_pages} pages (max_pages)"
                yield Skipped(uri=visit.uri, reason=SkipReason.LIMIT, message=message)
        for uri, depth in self._too_deep.items():
            if hash(uri) not in self._seen:
                message = f"it is {depth} clicks away, and max_depth is {self._options.max_depth}"
                yield Skipped(uri=uri, reason=SkipReason.DEPTH, message=message)

    def _check_trap(self, uri: str, *, listed: bool) -> None:
        """Let a linked address pass that is not one too many of its kind; listed ones count."""
        pattern = pattern_of(uri)
        self._patterns[pattern] += 1
        if listed:
            return
        if looks_like_a_trap(uri):
            raise LeftOut(SkipReason.TRAP, "its path repeats itself, or is absurdly deep")
        if self._patterns[pattern] > self._options.max_pages_per_pattern:
            raise LeftOut(
                SkipReason.TRAP,
                f"there are more than {self._options.max_pages_per_pattern} pages like {pattern} "
                "(max_pages_per_pattern); list them in a sitemap if you want them all",
            )
