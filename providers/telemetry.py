"""Spans: what was done when, for how long, and inside what.

A span is a plain object; recording one takes a few microseconds, because a question makes some
thirty of them. Whoever collects them (`Sink`) converts, masks and stores them elsewhere. Without
a run that is being recorded, everything here does nothing.
"""

import random
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Final

_random: Final = random.Random()  # noqa: S311 - ids, not secrets
_current: ContextVar["Span | None"] = ContextVar("span", default=None)


class SpanKind(StrEnum):
    """What a span stands for."""

    REQUEST = "request"
    JOB = "job"
    GRAPH = "graph"
    NODE = "node"
    GENERATION = "generation"
    EMBEDDING = "embedding"
    RETRIEVAL = "retrieval"
    PROVIDER = "provider"
    GUARD = "guard"
    TOOL = "tool"


@dataclass(slots=True, kw_only=True)
class Run:
    """What all spans of one trace share; the tenant may become known while it runs.

    `tags` say more that holds for the whole run, such as an experiment and its variant. `kept`
    says whether the trace is worth keeping: a request that ran no graph is only counted.
    """

    trace_id: str
    sink: "Callable[[Span], None]"
    tenant_id: str = ""
    subject: str = ""
    kept: bool = True
    tags: dict[str, str] = field(default_factory=dict)


Sink = Callable[["Span"], None]
"""Takes a span that has ended; must return at once and never raise."""


class Span:
    """One step of a run. Values of `attributes` must not change after they are set."""

    __slots__ = (
        "_clock",
        "attributes",
        "duration_ms",
        "error",
        "id",
        "kind",
        "name",
        "parent_id",
        "run",
        "started_ns",
    )

    def __init__(
        self,
        name: str,
        kind: SpanKind,
        run: Run | None,
        parent_id: str | None,
        attributes: dict[str, Any],
    ) -> None:
        self.name = name
        self.kind = kind
        self.run = run
        self.parent_id = parent_id
        self.attributes = attributes
        self.id = f"{_random.getrandbits(64) or 1:016x}"
        self.error: str | None = None
        self.duration_ms = 0.0
        self.started_ns = time.time_ns()
        # Durations come from a clock that nobody sets.
        self._clock = time.perf_counter_ns()

    @property
    def recording(self) -> bool:
        """Whether anybody collects this span; what is costly to say need not be said else."""
        return self.run is not None

    def set(self, **attributes: Any) -> None:
        """Add attributes; None is left out."""
        if self.run is not None:
            self.attributes.update(
                (name, value) for name, value in attributes.items() if value is not None
            )

    def end(self, error: str | None = None) -> None:
        """End the span and hand it over."""
        self.duration_ms = (time.perf_counter_ns() - self._clock) / 1e6
        self.error = error or self.error
        if self.run is not None:
            self.run.sink(self)


_NOTHING: Final = Span("", SpanKind.NODE, None, None, {})
"""Stands for every span of a run that nobody records."""


def nothing() -> "Doing":
    """Return a context manager that records nothing."""
    return Doing(_NOTHING)


def start(name: str, kind: SpanKind, **attributes: Any) -> Span:
    """Start a span below the current one; the caller ends it."""
    parent = _current.get()
    if parent is None or parent.run is None:
        return _NOTHING
    return Span(name, kind, parent.run, parent.id, attributes)


def current() -> Span:
    """Return the span that is being worked in."""
    return _current.get() or _NOTHING


def tag(**tags: str) -> None:
    """Say something that holds for the whole run, such as `experiment` and `variant`."""
    run = current().run
    if run is not None:
        run.tags.update(tags)


def identify(tenant_id: str, subject: str) -> None:
    """Say on whose behalf the current run is; spans of a run without a tenant are not kept."""
    run = current().run
    if run is not None:
        run.tenant_id, run.subject = tenant_id, subject


def enter(span: Span) -> None:
    """Make a span the current one of this task, where no block of code can stand for it."""
    _current.set(span)


class Within:
    """Context manager: makes a span the current one, and does not end it."""

    __slots__ = ("_span", "_token")

    def __init__(self, span: Span) -> None:
        self._span = span
        self._token: Token[Span | None] | None = None

    def __enter__(self) -> Span:
        """Enter the span."""
        if self._span.run is not None:
            self._token = _current.set(self._span)
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Go back to the span before."""
        if self._token is not None:
            try:
                _current.reset(self._token)
            except ValueError:
                # A generator that was given up is closed elsewhere: nobody is inside any more.
                self._token = None


class Doing(Within):
    """Context manager: a span for as long as something is done; errors are noted and go on."""

    __slots__ = ()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the span."""
        super().__exit__(kind, error, traceback)
        self._span.end(None if kind is None else described(kind, error))


def span(name: str, kind: SpanKind = SpanKind.NODE, **attributes: Any) -> Doing:
    """Return a context manager for a span below the current one."""
    return Doing(start(name, kind, **attributes))


def root(
    name: str,
    kind: SpanKind,
    run: Run,
    *,
    parent_id: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Span:
    """Start the first span of a run in this process; `parent_id` is another process's."""
    return Span(name, kind, run, parent_id, dict(attributes or {}))


def described(kind: type[BaseException], error: BaseException | None) -> str:
    """Say an error in one line."""
    return f"{kind.__name__}: {error}" if str(error or "") else kind.__name__
