"""The native events on the wire: the event's type as its name, its data as JSON."""

import json
from typing import Any

from fastapi.sse import format_sse_event

from api.error_handlers import log_server_error
from api.problems import describe
from service.schemas import JobEvent, JobRead, RunEvent

EARLY = frozenset({"run.started", "node.started"})
"""Events that say nothing yet: an error right after them can still become a problem."""


def is_early(event: RunEvent) -> bool:
    """Tell whether a stream that has got no further may still be refused as a whole."""
    return event.type in EARLY


class RunEncoder:
    """Events of a question's run."""

    def encode(self, event: RunEvent) -> bytes:
        """Write one event."""
        return _frame(event.type, event.data)

    def fail(self, error: Exception) -> bytes:
        """Write the problem as the stream's last event."""
        return _frame("error", problem_body(error))

    def close(self) -> bytes:
        """Write nothing: `run.finished` was the end."""
        return b""


class JobEncoder:
    """Events of a job; ids resume a stream that broke."""

    def encode(self, event: JobEvent) -> bytes:
        """Write one event."""
        data = event.model_dump_json()
        return format_sse_event(data_str=data, event=event.type, id=str(event.sequence))

    def fail(self, error: Exception) -> bytes:
        """Write the problem as the stream's last event."""
        return _frame("error", problem_body(error))

    def close(self) -> bytes:
        """Write nothing: the job's last event was the end."""
        return b""


class CrawlEncoder:
    """Crawls of a source that is watched, each when it has ended."""

    def encode(self, job: JobRead) -> bytes:
        """Write one crawl's job."""
        return _frame("crawl.finished", job.model_dump(mode="json"))

    def fail(self, error: Exception) -> bytes:
        """Write the problem as the stream's last event."""
        return _frame("error", problem_body(error))

    def close(self) -> bytes:
        """Write nothing: watching never ends by itself."""
        return b""


def problem_body(error: Exception) -> dict[str, Any]:
    """Describe an error in the middle of a stream; unexpected ones are logged."""
    problem = describe(error)
    log_server_error(error, problem, "stream")
    return problem.body()


def _frame(name: str, data: dict[str, Any]) -> bytes:
    return format_sse_event(data_str=json.dumps(data, ensure_ascii=False), event=name)
