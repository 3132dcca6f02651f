"""Begins traces, and owns what becomes of their spans."""

from typing import Any

import anyio.to_thread
import structlog

from providers.principal import Principal
from providers.telemetry import Doing, Run, SpanKind, current, nothing, root, start
from service.correlation import current_trace
from service.metrics.counting import Metrics
from service.settings import Settings
from service.tracing.pipeline import Consumer, Pipeline
from service.tracing.store import StoreConsumer, TraceStore

log = structlog.get_logger(__name__)
CLOSE_S = 3.0
"""How long the end of the service waits for the last spans."""
DAY_S = 86_400.0


class Tracer:
    """Begins traces; `store` is None when tracing is switched off. Metrics are always counted."""

    def __init__(self, pipeline: Pipeline, metrics: Metrics, store: TraceStore | None) -> None:
        self.pipeline = pipeline
        self.metrics = metrics
        self.store = store
        self.recording = True

    @classmethod
    def open(cls, settings: Settings) -> "Tracer":
        """Start to collect; the thread is there at once, files and connections come later.

        Raises:
            SettingsError: Langfuse is configured and not installed.
        """
        chosen, metrics = settings.tracing, Metrics()
        consumers: list[Consumer] = [metrics]
        store = None
        if chosen.enabled:
            store = TraceStore.open(settings.home, settings.database_url)
            keeper = StoreConsumer(
                store,
                retention_s=chosen.retention_days * DAY_S,
                max_bytes=chosen.max_store_mb << 20,
            )
            consumers.append(keeper)
            if chosen.langfuse.public_key is not None:
                # Its import takes a second, which only those pay who use it.
                from service.tracing.langfuse import open_langfuse  # noqa: PLC0415

                consumers.append(open_langfuse(chosen.langfuse))
        pipeline = Pipeline(
            consumers,
            queue_size=chosen.queue_size,
            flush_s=chosen.flush_s,
            content=chosen.content,
            max_span_bytes=chosen.max_span_kb << 10,
        )
        metrics.watch(pipeline)
        return cls(pipeline, metrics, store)

    def run(
        self, name: str, kind: SpanKind, principal: Principal | None = None, **attributes: Any
    ) -> Doing:
        """Return a context manager for a run: a new trace, or a part of the current one.

        The id of a new trace is the one that the logs and the API show.
        """
        if not self.recording:
            return nothing()
        inside, trace_id = current().run, current_trace()
        if inside is not None and inside.trace_id == trace_id:
            inside.kept = True
            if principal is not None:
                inside.tenant_id, inside.subject = principal.tenant_id, principal.subject
            return Doing(start(name, kind, **attributes))
        run = Run(trace_id=trace_id, sink=self.pipeline.put)
        if principal is not None:
            run.tenant_id, run.subject = principal.tenant_id, principal.subject
        return Doing(root(name, kind, run, attributes=attributes))

    def request(self, name: str, parent_id: str | None) -> Doing:
        """Return a context manager for a request from outside, which begins a trace."""
        if not self.recording:
            return nothing()
        run = Run(trace_id=current_trace(), sink=self.pipeline.put, kept=False)
        return Doing(root(name, SpanKind.REQUEST, run, parent_id=parent_id))

    async def flush(self) -> None:
        """Write what has been collected so far."""
        await anyio.to_thread.run_sync(self.pipeline.flush)

    async def aclose(self) -> None:
        """Write the last spans, for some seconds at most."""
        await anyio.to_thread.run_sync(self.pipeline.close, CLOSE_S)
