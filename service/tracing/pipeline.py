"""Takes spans out of the way of requests, into a thread that masks, counts, keeps and sends."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from providers.telemetry import Span
from service.tracing.records import SpanRecord, record_of

log = structlog.get_logger(__name__)

BATCH: Final = 1000
TURN: Final = 16
"""After how many spans the event loop has a turn."""
WARN_EVERY_S: Final = 60.0


class Consumer(Protocol):
    """Takes records, in the pipeline's thread."""

    def take(self, records: Sequence[SpanRecord]) -> None:
        """Take records; what it raises is logged, and the records count as lost."""
        ...

    def close(self, timeout_s: float) -> None:
        """Finish within some seconds."""
        ...


class Pipeline:
    """A bounded queue of spans and the thread that empties it into `consumers`, in order."""

    def __init__(
        self,
        consumers: Sequence[Consumer],
        *,
        queue_size: int,
        flush_s: float,
        content: bool,
        max_span_bytes: int,
    ) -> None:
        self.dropped = 0
        self.lost = 0
        self.consumers = list(consumers)
        self._queue: deque[Span] = deque()
        self._size = queue_size
        self._flush_s = flush_s
        self._content = content
        self._max_span_bytes = max_span_bytes
        self._wake = threading.Event()
        self._closing = False
        self._working = threading.Lock()
        self._warned = 0.0
        self._thread = threading.Thread(target=self._run, name="traces", daemon=True)
        self._thread.start()

    def put(self, span: Span) -> None:
        """Queue a span that has ended; one too many is dropped and counted."""
        if len(self._queue) >= self._size:
            self.dropped += 1
            return
        self._queue.append(span)

    def flush(self) -> None:
        """Hand on what is queued; blocks until that is done."""
        with self._working:
            while self._queue:
                self._pass_on()

    def close(self, timeout_s: float) -> None:
        """Hand on what is queued and end, within some seconds."""
        deadline = time.monotonic() + timeout_s
        self._closing = True
        self._wake.set()
        self._thread.join(timeout_s)
        for consumer in self.consumers:
            consumer.close(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self._closing:
            self._wake.wait(self._flush_s)
            self.flush()
        self.flush()

    def _pass_on(self) -> None:
        records = []
        for number in range(min(BATCH, len(self._queue))):
            if number % TURN == 0:
                # The event loop waits for the interpreter while this thread computes.
                time.sleep(0)
            if (record := self._record(self._queue.popleft())) is not None:
                records.append(record)
        for consumer in self.consumers:
            try:
                consumer.take(records)
            except Exception as error:  # noqa: BLE001 - no trace is worth a request
                self.lost += len(records)
                self._warn(consumer, error)

    def _record(self, span: Span) -> SpanRecord | None:
        if span.run is None:
            return None
        try:
            return record_of(span, span.run, content=self._content, max_bytes=self._max_span_bytes)
        except (TypeError, ValueError, RuntimeError) as error:  # an attribute nobody can write
            self.lost += 1
            log.debug("traces.unreadable", span=span.name, error=str(error)[:300])
            return None

    def _warn(self, consumer: Consumer, error: Exception) -> None:
        now = time.monotonic()
        if now - self._warned >= WARN_EVERY_S or not self._warned:
            self._warned = now
            name = type(consumer).__name__
            log.warning("traces.lost", consumer=name, lost=self.lost, error=str(error)[:300])
