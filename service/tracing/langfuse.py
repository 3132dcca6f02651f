"""Sends traces to Langfuse as well, with its own SDK and over OTLP."""

import hashlib
import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Final

from providers.telemetry import SpanKind
from service.errors import SettingsError
from service.tracing.records import SpanRecord, dump
from service.tracing.settings import LangfuseSettings

try:
    from langfuse import Langfuse
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, Status, StatusCode, TraceFlags
except ImportError as error:
    raise SettingsError(
        "tracing.langfuse needs more packages: pip install 'cicerone[langfuse]'"
    ) from error

SCOPE: Final = InstrumentationScope("cicerone")
_TYPES: Final = {
    SpanKind.GRAPH: "chain",
    SpanKind.GENERATION: "generation",
    SpanKind.EMBEDDING: "embedding",
    SpanKind.RETRIEVAL: "retriever",
    SpanKind.GUARD: "guardrail",
    SpanKind.TOOL: "tool",
}
_OF_GENERATIONS: Final = frozenset({"input_tokens", "output_tokens", "cached_tokens", "cost_usd"})
_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_BUCKETS: Final = 10_000


class _Provider(TracerProvider):
    """Takes the SDK's processor, which is handed spans that have ended, in the pipeline's thread.

    So no request waits for what the SDK does when a span begins and ends.
    """

    def __init__(self, resource: Resource) -> None:
        super().__init__(resource=resource, shutdown_on_exit=False)
        self.processors: list[SpanProcessor] = []

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Keep the processor."""
        super().add_span_processor(span_processor)
        self.processors.append(span_processor)


class LangfuseConsumer:
    """Hands masked records to the SDK."""

    def __init__(self, client: Langfuse, provider: _Provider, environment: str) -> None:
        self._client = client
        self._provider = provider
        self._environment = environment

    def take(self, records: Sequence[SpanRecord]) -> None:
        """Queue records; the SDK's own thread sends them."""
        for record in records:
            if record.kept:
                made = _readable(record, self._provider.resource, self._environment)
                for processor in self._provider.processors:
                    processor.on_end(made)

    def close(self, timeout_s: float) -> None:
        """Send what is left; a server that hangs is left alone after some seconds."""
        ending = threading.Thread(target=self._shut_down, name="langfuse-end", daemon=True)
        ending.start()
        ending.join(timeout_s)

    def _shut_down(self) -> None:
        self._client.shutdown()
        for processor in self._provider.processors:
            processor.shutdown()


def open_langfuse(settings: LangfuseSettings) -> LangfuseConsumer:
    """Set the SDK up; nothing is connected yet."""
    # A server that is gone fills its queue: one line for each span says nothing new.
    logging.getLogger("opentelemetry.sdk._shared_internal").setLevel(logging.ERROR)
    provider = _Provider(Resource({"service.name": "cicerone"}))
    secret = settings.secret_key
    client = Langfuse(
        public_key=settings.public_key,
        secret_key=None if secret is None else secret.get_secret_value(),
        base_url=settings.base_url,
        timeout=settings.timeout_s,
        environment=settings.environment,
        tracer_provider=provider,
        should_export_span=lambda span: (
            span.context is not None
            and chosen(f"{span.context.trace_id:032x}", settings.sample_rate)
        ),
    )
    return LangfuseConsumer(client, provider, settings.environment)


def chosen(trace_id: str, rate: float) -> bool:
    """Tell whether a trace is among the share that is sent; all of it is, or nothing."""
    digest = hashlib.sha256(trace_id.encode()).digest()
    return int.from_bytes(digest[:4], "big") % _BUCKETS < rate * _BUCKETS


def _readable(record: SpanRecord, resource: Resource, environment: str) -> ReadableSpan:
    started = int(record.started_at * 1e9)
    trace_id = int(record.trace_id, 16)
    parent = None
    if record.parent_id is not None:
        parent = SpanContext(trace_id, int(record.parent_id, 16), is_remote=False)
    context = SpanContext(trace_id, int(record.span_id, 16), is_remote=False, trace_flags=_SAMPLED)
    failed = record.error is not None
    return ReadableSpan(
        name=record.name,
        context=context,
        parent=parent,
        resource=resource,
        attributes=_attributes(record, environment),
        status=Status(StatusCode.ERROR, record.error) if failed else Status(StatusCode.UNSET),
        start_time=started,
        end_time=started + int(record.duration_ms * 1e6),
        instrumentation_scope=SCOPE,
    )


def _attributes(record: SpanRecord, environment: str) -> dict[str, Any]:
    """Say a record in the words of Langfuse; what it has no word for is metadata."""
    prefix, said = "langfuse.observation.", record.attributes
    is_call = record.kind in (SpanKind.GENERATION, SpanKind.EMBEDDING)
    values: dict[str, Any] = {
        "langfuse.environment": environment,
        f"{prefix}type": _TYPES.get(record.kind, "span"),
        f"{prefix}input": _text(said.get("input")),
        f"{prefix}output": _text(said.get("output")),
        f"{prefix}model.name": said.get("model") if is_call else None,
        f"{prefix}prompt.name": said.get("prompt_name"),
        f"{prefix}metadata.tenant": _text(record.tenant_id),
        "user.id": record.subject or None,
        "session.id": said.get("conversation_id"),
        **{f"{prefix}metadata.{name}": dump(each) for name, each in _rest(record).items()},
    }
    if record.error is not None:
        values |= {f"{prefix}level": "ERROR", f"{prefix}status_message": record.error}
    if record.kind is SpanKind.GRAPH:
        values["langfuse.trace.name"] = record.name
    if record.kind is SpanKind.GENERATION:
        usage = {
            "input": said.get("input_tokens", 0),
            "output": said.get("output_tokens", 0),
        }
        values[f"{prefix}usage_details"] = dump(usage)
        values[f"{prefix}cost_details"] = dump({"total": said.get("cost_usd", 0.0)})
    return {name: value for name, value in values.items() if value is not None}


def _rest(record: SpanRecord) -> Mapping[str, Any]:
    known = {"input", "output", "request", "conversation_id"}
    if record.kind is SpanKind.GENERATION:
        known |= _OF_GENERATIONS
    return {name: value for name, value in record.attributes.items() if name not in known}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else dump(value)
