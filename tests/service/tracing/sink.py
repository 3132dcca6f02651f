"""A server on loopback that receives what the Langfuse SDK sends, as OTLP over HTTP."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass
class Seen:
    """A span as it arrived."""

    name: str
    id: str
    parent: str
    trace: str
    attributes: dict[str, Any]


@dataclass
class Sink:
    """What arrived, and how the server behaves: answers with `status`, after `delay_s`."""

    status: int = 200
    delay_s: float = 0.0
    spans: list[Seen] = field(default_factory=list)
    requests: int = 0
    authorization: str | None = None
    url: str = ""

    def take(self, path: str, body: bytes, headers: Any) -> None:
        self.requests += 1
        self.authorization = headers.get("Authorization")
        assert path == "/api/public/otel/v1/traces"
        if headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.spans += [
                    Seen(
                        span.name,
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.trace_id.hex(),
                        {each.key: _value(each.value) for each in span.attributes},
                    )
                    for span in scope.spans
                ]

    def named(self, name: str) -> list[Seen]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Seen:
        (found,) = self.named(name)
        return found

    def above(self, span: Seen) -> str:
        """Return the name of the span that this one is a part of."""
        return next((each.name for each in self.spans if each.id == span.parent), "")


@contextmanager
def sink(**behaviour: Any) -> Iterator[Sink]:
    """Run a sink; when it ends, requests that hang are let go."""
    seen, over = Sink(**behaviour), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if seen.delay_s:
                over.wait(seen.delay_s)
            else:
                seen.take(self.path, body, self.headers)
            self.send_response(seen.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield seen
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        time.sleep(0)


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
